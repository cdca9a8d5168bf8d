import {
  type Decoder,
  type Extra,
  Fields,
  type IncomingFrame,
  isObject,
  type JsonObject,
  type NeutralError,
  type NeutralEvent,
} from 'lunaroute/neutral'
import { BLOCK_HANDLERS } from './decode-blocks.ts'
import { itemWhole } from './decode-items.ts'
import { readErrorFields } from './error.ts'
import { DIALECT } from './name.ts'
import { OpenItems } from './open-items.ts'
import { readHead, readStop } from './response.ts'
import { Transcript } from './transcript.ts'

/** Reads a stream of Responses. An event without a meaning of its own is kept as a native one. */
export function createDecoder(): Decoder {
  return new ResponsesDecoder()
}

class ResponsesDecoder implements Decoder {
  readonly #items = new OpenItems(itemWhole)
  readonly #transcript = new Transcript()
  #frame = 0
  #hasStarted = false
  #hasEnded = false
  /** What an `error` event said: `response.failed` may follow it. */
  #failure: { readonly error: NeutralError; readonly frame: number } | undefined

  push(frame: IncomingFrame): readonly NeutralEvent[] {
    if (this.#hasEnded || frame.data === '[DONE]') return []
    const native = frame.json()
    if (!isObject(native)) return [this.#native(frame, frame.data)]
    const number = this.#frame++
    const f = new Fields(native)
    const events = this.#read(f, typeof native.type === 'string' ? native.type : (frame.event ?? ''))
    for (const event of events) {
      if (event.type === 'textDelta' || event.type === 'inputDelta' || event.type === 'reasoningDelta') {
        this.#transcript.append(native, event.text)
      }
    }
    if (events.length === 0) events.push({ type: 'native', dialect: DIALECT, event: frame.event, value: {} })
    if (native.sequence_number === number) f.number('sequence_number')
    f.optional('sequence_number')
    if (frame.event === undefined) f.shape('event', 'none')
    if (events.length !== 1) f.shape('events', String(events.length))
    const extra = this.#extra(f, String(native.type))
    return events.map((event, i) => ({ ...event, frame: number, ...(i === 0 && { extra }) }))
  }

  end(): readonly NeutralEvent[] {
    if (this.#hasEnded) return []
    this.#hasEnded = true
    const message = 'the stream ended before its last event'
    const cut: NeutralEvent = { type: 'error', error: { kind: 'cut', message } }
    return [this.#failure ? { type: 'error', ...this.#failure } : cut]
  }

  #read(f: Fields, type: string): NeutralEvent[] {
    switch (type) {
      case 'response.created':
      case 'response.queued':
      case 'response.in_progress':
        return this.#start(f)
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed':
        return this.#finish(f, type)
      case 'error':
        this.#failure = { error: readErrorEvent(f), frame: this.#frame - 1 }
        return []
      case 'keepalive':
        return [{ type: 'ping' }]
      default: {
        const handler = Object.hasOwn(BLOCK_HANDLERS, type) ? BLOCK_HANDLERS[type] : undefined
        const events = handler?.(f, this.#items) ?? []
        return events.length > 0 ? [...this.#start(undefined), ...events] : []
      }
    }
  }

  #start(f: Fields | undefined): NeutralEvent[] {
    if (this.#hasStarted) return []
    this.#hasStarted = true
    const r = f?.nested('response')
    return [
      {
        type: 'start',
        id: r?.string('id'),
        model: r?.string('model'),
        createdAt: r?.number('created_at'),
      },
    ]
  }

  #finish(f: Fields, type: string): NeutralEvent[] {
    this.#hasEnded = true
    const events = [...this.#start(undefined)]
    const r = f.peek('response')
    // A look at a copy: all but the usage stays in the remainder.
    const head = new Fields(isObject(r) ? r : {})
    const { usage, error, status } = readHead(head)
    // What a failure breaks off stays open: nobody shall take it for whole.
    if (type !== 'response.failed') events.push(...this.#items.rest(head.list('output') ?? []))
    if (usage) {
      f.nested('response')?.object('usage')
      events.push({ type: 'usage', usage })
    }
    if (type === 'response.failed') {
      const said = error ?? this.#failure?.error ?? { kind: 'server', message: 'the response failed' }
      return [...events, { type: 'error', error: said }]
    }
    const stop = readStop(head, type === 'response.incomplete' ? 'incomplete' : status, this.#items.blocks)
    return [...events, { type: 'finish', choice: 0, stop: stop ?? { reason: 'stop' } }, { type: 'end' }]
  }

  #extra(f: Fields, type: string): Extra | undefined {
    const extra = f.extra(DIALECT)
    const own = extra?.[DIALECT]
    if (!own?.fields || !REPEATING.test(type)) return extra
    return { [DIALECT]: { ...own, fields: this.#transcript.withoutRepetition(own.fields) } }
  }

  #native(frame: IncomingFrame, value: string): NeutralEvent {
    const extra: Extra = { [DIALECT]: { shapes: { data: 'text' } } }
    return { type: 'native', dialect: DIALECT, event: frame.event, value, frame: this.#frame++, extra }
  }
}

/** Events that repeat what deltas said. */
const REPEATING = /\.(done|completed|incomplete|failed)$/

/** The reference has the fields of an error flat, the API nests them. Nothing is taken: the event is kept whole. */
function readErrorEvent(f: Fields): NeutralError {
  const inner = f.peek('error')
  const native: JsonObject = isObject(inner) ? inner : { ...f.native, type: undefined }
  return readErrorFields(new Fields(native))
}
