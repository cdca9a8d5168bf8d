import {
  type Block,
  type JsonObject,
  type NeutralEvent,
  type OutgoingFrame,
  restore,
  type StartEvent,
} from 'lunaroute/neutral'
import { writeCompaction, writeDelta } from './deltas.ts'
import { writeError } from './error.ts'
import { DIALECT } from './name.ts'
import { writeStop } from './response.ts'
import { writeUsage } from './usage.ts'
import type { BlockWriter } from './write-blocks.ts'

const START_DEFAULTS = {
  'message.type': 'message',
  'message.role': 'assistant',
  'message.content': [],
  'message.stop_reason': null,
  'message.stop_sequence': null,
  'message.usage': { input_tokens: 0, output_tokens: 0 },
}

/** Writes the events of a stream that was read from Messages as the events they were. */
export class OwnEvents {
  readonly #writer: BlockWriter
  #isOwn = false
  #events: NeutralEvent[] = []
  #missing = 0

  constructor(writer: BlockWriter) {
    this.#writer = writer
  }

  /** Whether this event was read from Messages. */
  accepts(event: NeutralEvent): boolean {
    if (event.type === 'start') this.#isOwn = shapesOf(event)?.is !== undefined
    return (this.#isOwn && event.frame !== undefined) || (event.type === 'native' && event.dialect === DIALECT)
  }

  /** The event, once the last of its neutral ones has come. */
  push(event: NeutralEvent): readonly OutgoingFrame[] {
    if (this.#missing === 0) {
      this.#missing = Number(shapesOf(event)?.events ?? 1)
      this.#events = []
    }
    this.#events.push(event)
    if (--this.#missing > 0) return []
    const data = this.#write(this.#events)
    return [{ event: typeof data.type === 'string' ? data.type : undefined, data }]
  }

  #write(events: readonly NeutralEvent[]): JsonObject {
    const main = mainOf(events)
    const { extra } = events[0]!
    switch (main.type) {
      case 'start':
        return writeStart(main, extra)
      case 'blockStart': {
        const block = this.#writer.block(withPieces(main.block, events)) as JsonObject
        return restore({ type: 'content_block_start', index: main.index, content_block: block }, extra, DIALECT)
      }
      case 'blockStop':
        return restore({ type: 'content_block_stop', index: main.index }, extra, DIALECT)
      case 'usage':
      case 'finish':
        return writeMessageDelta(events)
      case 'end':
        return restore({ type: 'message_stop' }, extra, DIALECT)
      case 'error':
        return writeError(main.error).body
      case 'ping':
        return restore({ type: 'ping' }, extra, DIALECT)
      case 'native':
        return main.value as JsonObject
      default: {
        const rest = extra?.[DIALECT]?.fields?.delta as JsonObject | undefined
        const delta = rest?.type === 'compaction_delta' ? writeCompaction(events) : writeDelta(main)
        return restore({ type: 'content_block_delta', index: main.index, delta }, extra, DIALECT)
      }
    }
  }
}

/** The one of a frame's events that says what the frame was. */
function mainOf(events: readonly NeutralEvent[]): NeutralEvent {
  const [first] = events
  const last = events.at(-1)!
  switch (shapesOf(first!)?.is) {
    case 'message_start':
      return events.find(event => event.type === 'start') ?? last
    case 'content_block_start':
      return events.find(event => event.type === 'blockStart') ?? last
    default:
      return last
  }
}

function shapesOf(event: NeutralEvent): Readonly<Record<string, string>> | undefined {
  return event.extra?.[DIALECT]?.shapes
}

function writeStart({ id, model, usage }: StartEvent, extra: NeutralEvent['extra']): JsonObject {
  const message = { id, model, usage: usage && writeUsage(usage, true) }
  return restore({ type: 'message_start', message }, extra, DIALECT, START_DEFAULTS)
}

function writeMessageDelta(events: readonly NeutralEvent[]): JsonObject {
  const finish = events.find(event => event.type === 'finish')
  const usage = events.find(event => event.type === 'usage')
  const delta = finish && definedOf(writeStop(finish.stop, true))
  const written = { type: 'message_delta', delta, usage: usage && writeUsage(usage.usage, true) }
  return restore(written, events[0]!.extra, DIALECT)
}

/** What stood in the start of a block besides its head. */
function withPieces(block: Block, events: readonly NeutralEvent[]): Block {
  const text = events.map(event => ('text' in event ? event.text : '')).join('')
  if (text === '') return block
  if (block.type === 'text') return { ...block, text }
  if (block.type === 'toolCall' || block.type === 'serverToolCall') return { ...block, input: text }
  return block.type === 'reasoning' ? { ...block, parts: [{ kind: 'text', text }] } : block
}

function definedOf(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
}
