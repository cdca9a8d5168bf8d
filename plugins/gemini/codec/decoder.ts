import {
  type Decoder,
  type Extra,
  Fields,
  type IncomingFrame,
  isObject,
  type JsonObject,
  type NeutralEvent,
  type Stop,
} from 'lunaroute/neutral'
import { CallIds } from './call-ids.ts'
import { ChoiceDecoder, isStreamedCall } from './choice-decoder.ts'
import { readError } from './error.ts'
import { readLogprobs } from './logprobs.ts'
import { DIALECT } from './name.ts'
import { readParts } from './read-contents.ts'
import { readPart } from './read-parts.ts'
import { callPrefix, readBlock } from './response.ts'
import { readUsage } from './usage.ts'

/**
 * Reads a stream, every event of which is a GenerateContentResponse. There is no end mark: the stream has ended well
 * when its bytes end and every candidate had a reason to finish. So `finish` and `end` come with the end of the bytes.
 *
 * The first neutral event of a chunk is about the chunk (`start`, `usage` or `ping`) and notes how many events follow
 * from it; the first event of each candidate notes its index. An encoder of this dialect puts the chunk together again.
 */
export class GeminiDecoder implements Decoder {
  readonly #choices = new Map<number, ChoiceDecoder>()
  #ids = new CallIds('call_')
  #frame = -1
  #isStarted = false
  #isOver = false
  #id: string | undefined
  #model: string | undefined
  #blocked: Stop | undefined

  push(frame: IncomingFrame): readonly NeutralEvent[] {
    if (this.#isOver) return []
    this.#frame++
    const value = frame.json()
    if (isObject(value) && isObject(value.error)) {
      this.#isOver = true
      return [{ type: 'error', error: readError(value), frame: this.#frame }]
    }
    const events = isObject(value)
      ? this.#chunk(value)
      : [noted(native(value ?? frame.data), undefined, { events: '1' })]
    // The events were made for this frame: to copy them would cost as much as to read them.
    for (const event of events) (event as { frame?: number }).frame = this.#frame
    return events
  }

  end(): readonly NeutralEvent[] {
    if (this.#isOver) return []
    this.#isOver = true
    const choices = [...this.#choices.values()]
    if (choices.length > 0 && choices.every(choice => choice.isFinished)) {
      return [...choices.flatMap(choice => choice.finish()), { type: 'end' }]
    }
    if (choices.length === 0 && this.#blocked) {
      return [{ type: 'finish', choice: 0, stop: this.#blocked }, { type: 'end' }]
    }
    const message = 'the stream of the provider ended before its answer was complete'
    return [{ type: 'error', error: { kind: 'cut', message } }]
  }

  #chunk(chunk: JsonObject): readonly NeutralEvent[] {
    const f = new Fields(chunk)
    f.optional('responseId', 'modelVersion')
    const start = this.#isStarted ? this.#repeat(f) : this.#start(f)
    // Read to be told at the end; in its own dialect it goes back from the remainder.
    if (chunk.promptFeedback) this.#blocked ??= readBlock(new Fields(chunk))?.stop
    const native = f.object('usageMetadata')
    const usage = native && readUsage(native)
    const candidates = f.list('candidates')
    if (!candidates?.every(isObject) || candidates.length === 0) f.leave('candidates')
    const all = candidates?.every(isObject) ? candidates : []
    const inner = all.flatMap((candidate, i) => this.#candidate(candidate, i))
    const own: NeutralEvent[] = start ? [start] : []
    if (start && usage) {
      const { inputTokens, cachedTokens } = usage
      own[0] = { ...start, usage: { inputTokens, cachedTokens } }
    }
    if (usage) own.push({ type: 'usage', usage })
    const [head = { type: 'ping' }, ...rest] = own
    const events = String(1 + rest.length + inner.length)
    return [noted(head, f.extra(DIALECT), { events }), ...rest, ...inner]
  }

  #start(f: Fields): NeutralEvent & { type: 'start' } {
    this.#isStarted = true
    this.#id = f.string('responseId')
    this.#model = f.string('modelVersion')
    this.#ids = new CallIds(callPrefix(this.#id))
    return { type: 'start', id: this.#id, model: this.#model }
  }

  /** Every chunk repeats the id and the model; another one than the first's stays in the remainder. */
  #repeat(f: Fields): undefined {
    if (this.#id !== undefined && f.peek('responseId') === this.#id) f.string('responseId')
    if (this.#model !== undefined && f.peek('modelVersion') === this.#model) f.string('modelVersion')
  }

  #candidate(native: JsonObject, position: number): readonly NeutralEvent[] {
    const c = new Fields(native)
    c.optional('index', 'content')
    const index = c.number('index') ?? position
    const choice = this.#choices.get(index) ?? new ChoiceDecoder(index, this.#ids)
    this.#choices.set(index, choice)
    const shapes: Record<string, string> = { candidate: String(index) }
    const events = [...this.#content(c, choice, shapes), ...choice.about(native)]
    const [first = { type: 'ping' } as const, ...rest] = events
    return [noted(first, c.extra(DIALECT), shapes), ...rest]
  }

  /** Parts that say nothing, or that only Gemini streams, go back to Gemini as they came. */
  #content(c: Fields, choice: ChoiceDecoder, shapes: Record<string, string>): readonly NeutralEvent[] {
    const raw = c.peek('content')
    const parts = isObject(raw) && Array.isArray(raw.parts) ? (raw.parts as readonly unknown[]) : []
    if (parts.some(isStreamedCall)) {
      shapes.kept = 'content'
      const mixed = parts.map(part => (isStreamedCall(part) ? part : readPart(part, undefined, this.#ids)))
      return choice.streamedCalls(mixed)
    }
    if (parts.length > 0 && parts.every(isSilent) && !choice.isInText) {
      shapes.kept = 'content'
      return []
    }
    const content = c.nested('content')
    content?.constant('role', 'model')
    content?.optional('role')
    return content ? choice.blocks(readLogprobs(c, readParts(content, undefined, this.#ids))) : []
  }
}

/** Adds a remainder and notes to an event. */
function noted(event: NeutralEvent, extra: Extra | undefined, shapes: Readonly<Record<string, string>>): NeutralEvent {
  const [old, own] = [event.extra?.[DIALECT], extra?.[DIALECT]]
  const all = old?.shapes || own?.shapes ? { ...old?.shapes, ...own?.shapes, ...shapes } : shapes
  return { ...event, extra: { [DIALECT]: { ...old, ...own, shapes: all } } }
}

function native(value: unknown): NeutralEvent {
  return { type: 'native', dialect: DIALECT, value }
}

function isSilent(part: unknown): boolean {
  return isObject(part) && part.text === '' && Object.keys(part).length === 1
}
