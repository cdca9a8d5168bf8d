import { asBuffer } from './body/accumulator.ts'
import type { Chunk } from './chunk.ts'
import type { JsonArrayElement } from './sse/json-array.ts'
import { SseFrame } from './sse/parser.ts'
import { formatEvent } from './sse/writer.ts'

/** The chunk of one server-sent event. `with` keeps the event's id, and its name unless given another; '' removes it. */
export function eventChunk(frame: SseFrame): Chunk {
  return new EventChunk(frame)
}

/** The chunk of one element of a JSON-array stream. `with` keeps the separators around it and takes no event name. */
export function elementChunk(element: JsonArrayElement): Chunk {
  return new ElementChunk(element)
}

/** The chunk that is a whole body. */
export function bodyChunk(raw: Uint8Array): Chunk {
  return new BodyChunk(asBuffer(raw))
}

/** Parses the payload of a chunk once, when somebody asks. */
abstract class Payload {
  #json: unknown
  #isParsed = false
  abstract readonly data: string

  json(): unknown {
    if (!this.#isParsed) {
      this.#isParsed = true
      this.#json = parse(this.data)
    }
    return this.#json
  }
}

class EventChunk extends Payload implements Chunk {
  readonly kind = 'event'
  readonly #frame: SseFrame

  constructor(frame: SseFrame) {
    super()
    this.#frame = frame
  }

  get raw(): Uint8Array {
    return this.#frame.raw
  }

  get event(): string | undefined {
    return this.#frame.event
  }

  get data(): string {
    return this.#frame.data
  }

  with(payload: unknown, event = this.event): Chunk {
    const text = formatEvent({ event, id: this.#frame.id, data: format(payload) })
    return new EventChunk(new SseFrame(Buffer.from(text)))
  }
}

class ElementChunk extends Payload implements Chunk {
  readonly kind = 'element'
  readonly event = undefined
  readonly #element: JsonArrayElement
  #data: string | undefined

  constructor(element: JsonArrayElement) {
    super()
    this.#element = element
  }

  get raw(): Uint8Array {
    return this.#element.raw
  }

  get data(): string {
    const { raw, start, end } = this.#element
    this.#data ??= raw.toString('utf8', start, end)
    return this.#data
  }

  with(payload: unknown): Chunk {
    const { raw, start, end } = this.#element
    const text = Buffer.from(format(payload))
    const changed = Buffer.concat([raw.subarray(0, start), text, raw.subarray(end)])
    return new ElementChunk({ raw: changed, start, end: start + text.length })
  }
}

class BodyChunk extends Payload implements Chunk {
  readonly kind = 'body'
  readonly event = undefined
  readonly raw: Buffer
  #data: string | undefined

  constructor(raw: Buffer) {
    super()
    this.raw = raw
  }

  get data(): string {
    this.#data ??= this.raw.toString('utf8')
    return this.#data
  }

  with(payload: unknown): Chunk {
    return new BodyChunk(Buffer.from(format(payload)))
  }
}

function parse(text: string): unknown {
  // Every stream of one dialect ends so; throwing and catching for it costs more than the rest of the event.
  if (text === '' || text === '[DONE]') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function format(payload: unknown): string {
  return typeof payload === 'string' ? payload : (JSON.stringify(payload) ?? '')
}
