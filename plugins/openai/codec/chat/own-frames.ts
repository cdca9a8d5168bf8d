import { isObject, type JsonObject, type NeutralEvent, type OutgoingFrame } from 'lunaroute/neutral'
import { HEAD } from './decoder.ts'
import { writeError } from './error.ts'
import { writeToken } from './logprobs.ts'
import { DIALECT } from './name.ts'
import { writeUsage } from './usage.ts'

/** Puts chunks that were read from Chat together again: see FrameEvents. */
export class OwnFrames {
  #head: JsonObject = { object: 'chat.completion.chunk' }
  #events: NeutralEvent[] = []
  #missing = 0

  /** Whether this event is of a frame that was read from Chat. */
  accepts(event: NeutralEvent): boolean {
    return this.#missing > 0 || countOf(event) > 0 || (event.type === 'native' && event.dialect === DIALECT)
  }

  /** The chunk, once its last event has come. */
  push(event: NeutralEvent): readonly OutgoingFrame[] {
    if (event.type === 'native' && this.#missing === 0) {
      return [{ event: event.event, data: event.value as JsonObject | string }]
    }
    if (this.#missing === 0) {
      this.#missing = countOf(event)
      this.#events = []
    }
    this.#events.push(event)
    return --this.#missing > 0 ? [] : [this.#write(this.#events)]
  }

  #write(events: readonly NeutralEvent[]): OutgoingFrame {
    const { fields = {}, shapes = {}, absent = [] } = events[0]!.extra![DIALECT]!
    const name = shapes.event
    const last = events.at(-1)!
    if (last.type === 'end') return { event: name, data: '[DONE]' }
    if (last.type === 'error') {
      const { body } = writeError(last.error)
      return { event: name, data: absent.includes('error') && isObject(body.error) ? body.error : body }
    }
    let chunk: JsonObject = { ...this.#head, ...fields }
    for (const key of HEAD) if (key in fields) this.#head = { ...this.#head, [key]: fields[key] }
    if (absent.length > 0) chunk = Object.fromEntries(Object.entries(chunk).filter(([key]) => !absent.includes(key)))
    for (const path in shapes) {
      if (path === 'events' || path === 'event') continue
      const [ordinal, field] = shapes[path]!.split('.')
      const value = events[Number(ordinal)]
      if (value) chunk = put(chunk, path.split('.'), valueFor(value, field)) as JsonObject
    }
    return { event: name, data: chunk }
  }
}

function countOf(event: NeutralEvent): number {
  return Number(event.extra?.[DIALECT]?.shapes?.events ?? 0)
}

function valueFor(event: NeutralEvent, field: string | undefined): unknown {
  switch (event.type) {
    case 'textDelta':
      return field === 'logprobs' ? event.logprobs?.map(token => writeToken(token, true)) : event.text
    case 'reasoningDelta':
    case 'inputDelta':
      return event.text
    case 'mediaDelta':
      return event.data
    case 'usage':
      return writeUsage(event.usage)
    case 'finish':
      return event.stop.native
    case 'blockStart':
      if (event.block.type !== 'toolCall') return undefined
      return field === 'name' ? event.block.name : event.block.callId
    default:
      return undefined
  }
}

function put(into: unknown, [key, ...inner]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value
  if (Array.isArray(into)) {
    return into.map((element: unknown, i) => (i === Number(key) ? put(element, inner, value) : element))
  }
  const object = isObject(into) ? into : {}
  return { ...object, [key]: put(object[key], inner, value) }
}
