import {
  type Encoder,
  type JsonObject,
  type NeutralError,
  type NeutralEvent,
  type OutgoingFrame,
  present,
  type ResponseContext,
  type Stop,
  type Usage,
} from 'lunaroute/neutral'
import { type BlockEvent, BlockEvents } from './block-events.ts'
import { CUT, writeError } from './error.ts'
import { OwnEvents } from './own-events.ts'
import { writeStop } from './response.ts'
import { writeUsage } from './usage.ts'
import { BlockWriter } from './write-blocks.ts'

/** Writes a stream of Messages events. Blocks never overlap there: one that begins too early waits for its turn. */
export class MessagesEncoder implements Encoder {
  readonly #context: ResponseContext
  readonly #own: OwnEvents
  readonly #blocks: BlockEvents
  /** The block being written, and those that wait with what they have said so far. */
  #open: number | undefined
  readonly #waiting = new Map<number, BlockEvent[]>()
  #stop: Stop | undefined
  #usage: Usage = {}
  #isOver = false

  constructor(context: ResponseContext) {
    this.#context = context
    this.#own = new OwnEvents(new BlockWriter(context.diagnostics, true, 'client'))
    this.#blocks = new BlockEvents(context.diagnostics)
  }

  push(event: NeutralEvent): readonly OutgoingFrame[] {
    if (this.#isOver) return []
    if (event.type === 'end' || event.type === 'error') this.#isOver = true
    if (this.#own.accepts(event)) return this.#own.push(event)
    switch (event.type) {
      case 'start':
        return [this.#start(event.usage)]
      case 'ping':
        return [named({ type: 'ping' })]
      case 'usage':
        this.#usage = { ...this.#usage, ...present(event.usage) }
        return []
      case 'finish':
        if (event.choice === 0) this.#stop = event.stop
        return []
      case 'end':
        return this.#end()
      case 'error':
        return [broken(event.error)]
      case 'native':
        return []
      default:
        return event.choice === 0 ? this.#block(event).map(named) : []
    }
  }

  end(): readonly OutgoingFrame[] {
    if (this.#isOver) return []
    this.#isOver = true
    return [broken(CUT)]
  }

  #start(known: Usage | undefined): OutgoingFrame {
    const { id, model, inputTokens = 1 } = this.#context
    this.#usage = { inputTokens: Math.max(1, inputTokens), ...(known && present(known)) }
    const { outputTokens = 0 } = this.#usage
    const usage = writeUsage({ ...this.#usage, outputTokens }, false)
    const message = { id: id('msg_'), type: 'message', role: 'assistant', model, content: [] }
    return named({ type: 'message_start', message: { ...message, stop_reason: null, stop_sequence: null, usage } })
  }

  #block(event: BlockEvent): readonly JsonObject[] {
    if (event.type === 'blockStart') {
      if (this.#open !== undefined) {
        this.#waiting.set(event.index, [event])
        return []
      }
      this.#open = event.index
      return this.#blocks.push(event)
    }
    const waiting = this.#waiting.get(event.index)
    if (waiting) {
      waiting.push(event)
      return []
    }
    const written = this.#blocks.push(event)
    if (event.type !== 'blockStop' || event.index !== this.#open) return written
    this.#open = undefined
    return [...written, ...this.#next()]
  }

  /** Writes those that waited, up to one that is still open. */
  #next(): readonly JsonObject[] {
    const written: JsonObject[] = []
    for (const [index, events] of this.#waiting) {
      this.#waiting.delete(index)
      written.push(...events.flatMap(event => this.#blocks.push(event)))
      if (events.at(-1)?.type === 'blockStop') continue
      this.#open = index
      break
    }
    return written
  }

  #end(): readonly OutgoingFrame[] {
    const stop = { stop_reason: 'end_turn', stop_sequence: null, ...present(writeStop(this.#stop, false)) }
    const { service_tier: _, cache_creation: __, ...usage } = writeUsage(this.#usage, false)
    return [named({ type: 'message_delta', delta: stop, usage }), named({ type: 'message_stop' })]
  }
}

function named(data: JsonObject): OutgoingFrame {
  return { event: String(data.type), data }
}

function broken(error: NeutralError): OutgoingFrame {
  // An answer names its request; an event of a stream need not.
  const { request_id: id, ...body } = writeError(error).body
  return named(id ? { ...body, request_id: id } : body)
}
