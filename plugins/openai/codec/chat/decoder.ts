import { type Decoder, type IncomingFrame, isObject, type JsonObject, type NeutralEvent } from 'lunaroute/neutral'
import { CUT } from '../shared/error.ts'
import { ChoiceReader } from './choice-reader.ts'
import { readError } from './error.ts'
import { FrameEvents } from './frame-events.ts'
import { DIALECT } from './name.ts'
import { readUsage } from './usage.ts'

/** What every chunk repeats; a remainder says only where it changes. */
export const HEAD = ['id', 'object', 'created', 'model'] as const

/** Reads a stream of chat completion chunks. */
export class ChatDecoder implements Decoder {
  readonly #choices = new Map<number, ChoiceReader>()
  #head: JsonObject = { object: 'chat.completion.chunk' }
  #frames = 0
  #id = ''
  #hasBegun = false
  #isOver = false

  push(frame: IncomingFrame): readonly NeutralEvent[] {
    if (this.#isOver) return []
    const out = new FrameEvents(this.#frames++)
    if (isDone(frame.data)) return this.#done(out, frame.event)
    const chunk = frame.json()
    if (!isObject(chunk))
      return [frame.data === '' ? { type: 'ping', frame: out.frame } : native(frame, out, frame.data)]
    const hasError = chunk.error !== undefined && chunk.error !== null
    if (hasError || (frame.event === 'error' && !Array.isArray(chunk.choices))) {
      this.#isOver = true
      out.add({ type: 'error', error: readError(hasError ? chunk : { error: chunk }), frame: out.frame })
      return out.finish({}, hasError ? undefined : ['error'], frame.event)
    }
    return this.#chunk(chunk, frame, out)
  }

  end(): readonly NeutralEvent[] {
    if (this.#isOver) return []
    this.#isOver = true
    const readers = [...this.#choices.values()]
    // Some servers leave out the last `[DONE]`; a finish reason is proof enough.
    if (readers.length > 0 && readers.every(reader => reader.hasFinished)) return [{ type: 'end' }]
    return [
      {
        type: 'error',
        error: CUT,
      },
    ]
  }

  #done(out: FrameEvents, name: string | undefined): readonly NeutralEvent[] {
    if (!this.#hasBegun) return this.end()
    this.#isOver = true
    for (const reader of this.#choices.values()) if (!reader.hasFinished) reader.finish(undefined, out)
    if (this.#choices.size === 0) this.#choice(0).finish(undefined, out)
    out.add({ type: 'end', frame: out.frame })
    return out.finish({}, undefined, name)
  }

  #chunk(chunk: JsonObject, frame: IncomingFrame, out: FrameEvents): readonly NeutralEvent[] {
    if (!this.#hasBegun) this.#begin(chunk, out)
    const fields: Record<string, unknown> = {}
    for (const key in chunk) {
      const value = chunk[key]
      if (key === 'choices' && Array.isArray(value)) {
        fields.choices = value.map((choice: unknown, i) => {
          if (!isObject(choice)) return choice
          const number = typeof choice.index === 'number' ? choice.index : i
          return this.#choice(number).read(choice, `choices.${i}`, out)
        })
      } else if (key === 'usage' && isObject(value)) {
        out.add({ type: 'usage', usage: readUsage(value), frame: out.frame }, 'usage', 'usage')
      } else if (value !== this.#head[key]) fields[key] = value
    }
    if (out.list.length === 0) return [native(frame, out, chunk)]
    let absent: string[] | undefined
    for (const key of HEAD) {
      if (key in chunk) {
        if (chunk[key] !== this.#head[key]) this.#head = { ...this.#head, [key]: chunk[key] }
      } else if (key in this.#head) {
        absent ??= []
        absent.push(key)
      }
    }
    return out.finish(fields, absent, frame.event)
  }

  #begin(chunk: JsonObject, out: FrameEvents): void {
    this.#hasBegun = true
    const { id, model, created, service_tier: tier } = chunk
    // Azure begins with a chunk that has none of them yet.
    this.#id = typeof id === 'string' ? id : ''
    out.add({
      type: 'start',
      id: this.#id || undefined,
      model: typeof model === 'string' && model !== '' ? model : undefined,
      createdAt: typeof created === 'number' && created > 0 ? created : undefined,
      serviceTier: typeof tier === 'string' ? tier : undefined,
      frame: out.frame,
    })
  }

  #choice(index: number): ChoiceReader {
    let reader = this.#choices.get(index)
    if (!reader) {
      reader = new ChoiceReader(index, position => `${this.#id || 'call'}_${index}_${position}`)
      this.#choices.set(index, reader)
    }
    return reader
  }
}

/** Some servers write blanks after it. */
function isDone(data: string): boolean {
  return data.startsWith('[DONE]') && data.trim() === '[DONE]'
}

function native(frame: IncomingFrame, out: FrameEvents, value: unknown): NeutralEvent {
  return { type: 'native', dialect: DIALECT, event: frame.event, value, frame: out.frame }
}
