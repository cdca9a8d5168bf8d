import {
  type Block,
  type Decoder,
  type Extra,
  Fields,
  type IncomingFrame,
  isObject,
  type JsonObject,
  type NeutralEvent,
  type Stop,
  type Usage,
} from 'lunaroute/neutral'
import { readDelta } from './deltas.ts'
import { CUT, readError } from './error.ts'
import { DIALECT } from './name.ts'
import { readBlock } from './read-blocks.ts'
import { readStop } from './response.ts'
import { readHead, withField } from './stream-heads.ts'
import { readUsage } from './usage.ts'

/** A block that has begun, by the number the provider gave it. */
interface Begun {
  readonly index: number
  /** Its input came with its start: deltas would say it twice. */
  readonly isWhole: boolean
}

/** Reads a stream of Messages events. */
export class MessagesDecoder implements Decoder {
  readonly #open = new Map<number, Begun>()
  #blocks = 0
  #frames = 0
  #hasBegun = false
  #hasCalls = false
  #hasStopped = false
  #hasCache = false
  /** What a `message_start` of an answer that came whole said. */
  #early: Stop | undefined
  #isOver = false

  push(frame: IncomingFrame): readonly NeutralEvent[] {
    if (this.#isOver) return []
    const number = this.#frames++
    const event = frame.json()
    const type = isObject(event) ? (event.type ?? frame.event) : undefined
    if (!isObject(event)) {
      if (frame.data === '') return [{ type: 'ping', frame: number }]
      return [{ type: 'native', dialect: DIALECT, event: frame.event, value: frame.data, frame: number }]
    }
    switch (type) {
      case 'content_block_delta':
        return this.#delta(event, number)
      case 'ping':
        return [{ type: 'ping', frame: number, extra: restOf(event, 'type') }]
      case 'error':
        this.#isOver = true
        return [{ type: 'error', error: readError(event), frame: number }]
      case 'message_start':
        return this.#hasBegun ? this.#again(event, number) : this.#start(event, number)
      case 'content_block_start':
        return this.#blockStart(event, number)
      case 'content_block_stop':
        return this.#blockStop(event, number)
      case 'message_delta':
        return this.#messageDelta(event, number)
      case 'message_stop':
        return this.#messageStop(event, number)
      default:
        return [native(event, number)]
    }
  }

  end(): readonly NeutralEvent[] {
    if (this.#isOver) return []
    this.#isOver = true
    return [
      {
        type: 'error',
        error: CUT,
      },
    ]
  }

  #start(event: JsonObject, frame: number): readonly NeutralEvent[] {
    this.#hasBegun = true
    const f = new Fields(event)
    f.constant('type', 'message_start')
    const m = f.nested('message')
    m?.optional('type', 'role', 'content', 'stop_reason', 'stop_sequence', 'usage')
    m?.constant('type', 'message')
    m?.constant('role', 'assistant')
    const content = m?.list('content') ?? []
    if (content.length > 0) m?.leave('content')
    const reason = m?.peek('stop_reason')
    const usage = m?.object('usage')
    const known = usage && readUsage(usage)
    this.#hasCache = (known?.cachedTokens ?? 0) + (known?.cacheWriteTokens ?? 0) > 0
    const [id, model] = [m?.string('id'), m?.string('model')]
    const start = { type: 'start', id, model, usage: known, frame } as const
    const blocks = content.flatMap(value => this.#whole(readBlock(value, undefined), frame))
    if (typeof reason === 'string') this.#early = readStop(reason, new Fields(m!.native), this.#hasCalls)
    return marked([start, ...blocks], 'message_start', f.extra(DIALECT), true)
  }

  /** A block of an answer that was there from the start. */
  #whole(block: Block, frame: number): readonly NeutralEvent[] {
    const at = { choice: 0, index: this.#blocks++, frame }
    if (block.type === 'toolCall') this.#hasCalls = true
    const [head, pieces] = readHead(block)
    const said = pieces.map(piece => ({ ...piece, ...at }))
    return [{ type: 'blockStart', ...at, block: head }, ...said, { type: 'blockStop', ...at }]
  }

  /** A second answer in the same stream, as when another model takes over. What was said stays said. */
  #again(event: JsonObject, frame: number): readonly NeutralEvent[] {
    return marked([...this.#closeAll(frame), native(event, frame)], 'native', undefined)
  }

  #blockStart(event: JsonObject, frame: number): readonly NeutralEvent[] {
    const number = typeof event.index === 'number' ? event.index : this.#blocks
    const before = [...this.#begin(frame), ...this.#close(number, frame)]
    const block = readBlock(event.content_block, undefined)
    if (block.type === 'toolCall') this.#hasCalls = true
    const [head, pieces] = readHead(block)
    const begun = { index: this.#blocks++, isWhole: pieces.some(piece => piece.type === 'inputDelta') }
    this.#open.set(number, begun)
    const at = { choice: 0, index: begun.index, frame }
    const said = pieces.map(piece => ({ ...piece, ...at }))
    const extra = restOf(event, 'type', 'content_block', event.index === begun.index ? 'index' : undefined)
    return marked([...before, { type: 'blockStart', ...at, block: head }, ...said], 'content_block_start', extra)
  }

  #delta(event: JsonObject, frame: number): readonly NeutralEvent[] {
    const { index: number, delta } = event
    const begun = this.#open.get(number as number)
    if (!begun || !isObject(delta)) return [native(event, frame)]
    const read = readDelta(delta, { choice: 0, index: begun.index, frame }, begun.isWhole)
    if (!read) return [native(event, frame)]
    let fields: JsonObject | undefined = read.rest && { delta: read.rest }
    for (const key in event) {
      if (key === 'type' || key === 'delta' || (key === 'index' && number === begun.index)) continue
      fields = { ...fields, [key]: event[key] }
    }
    if (!fields && read.events.length === 1) return read.events
    return marked(read.events, 'content_block_delta', fields && { [DIALECT]: { fields } })
  }

  #blockStop(event: JsonObject, frame: number): readonly NeutralEvent[] {
    const begun = this.#open.get(event.index as number)
    if (!begun) return [native(event, frame)]
    this.#open.delete(event.index as number)
    const extra = restOf(event, 'type', event.index === begun.index ? 'index' : undefined)
    return [{ type: 'blockStop', choice: 0, index: begun.index, frame, extra }]
  }

  #messageDelta(event: JsonObject, frame: number): readonly NeutralEvent[] {
    const before = this.#begin(frame)
    const f = new Fields(event)
    f.constant('type', 'message_delta')
    const delta = f.nested('delta')
    const stop = delta && readStop(delta.string('stop_reason'), delta, this.#hasCalls)
    const usage = f.object('usage')
    const events: NeutralEvent[] = [...before]
    if (stop) {
      this.#hasStopped = true
      events.push(...this.#closeAll(frame), { type: 'finish', choice: 0, stop, frame })
    }
    if (usage) events.push({ type: 'usage', usage: this.#usage(usage), frame })
    return events.length === 0 ? [native(event, frame)] : marked(events, 'message_delta', f.extra(DIALECT))
  }

  /** Input said again without the cache, which its start had told of, is no news: it would hide the cache's part. */
  #usage(native: JsonObject): Usage {
    const { input_tokens: input, ...rest } = native
    const isBare = !('cache_read_input_tokens' in rest) && !('cache_creation_input_tokens' in rest)
    if (!this.#hasCache || !isBare || input === undefined) return readUsage(native)
    const usage = readUsage(rest)
    return { ...usage, extra: withField(usage.extra, 'input_tokens', input) }
  }

  #messageStop(event: JsonObject, frame: number): readonly NeutralEvent[] {
    this.#isOver = true
    const events: NeutralEvent[] = [...this.#begin(frame), ...this.#closeAll(frame)]
    if (!this.#hasStopped) {
      const stop = this.#early ?? { reason: this.#hasCalls ? 'toolCalls' : 'stop' }
      events.push({ type: 'finish', choice: 0, stop, frame })
    }
    return marked([...events, { type: 'end', frame }], 'message_stop', restOf(event, 'type'))
  }

  /** Begins an answer that was not announced. */
  #begin(frame: number): readonly NeutralEvent[] {
    if (this.#hasBegun) return []
    this.#hasBegun = true
    return [{ type: 'start', frame }]
  }

  #close(number: number, frame: number): readonly NeutralEvent[] {
    const begun = this.#open.get(number)
    if (!begun) return []
    this.#open.delete(number)
    return [{ type: 'blockStop', choice: 0, index: begun.index, frame }]
  }

  #closeAll(frame: number): readonly NeutralEvent[] {
    return [...this.#open.keys()].flatMap(number => this.#close(number, frame))
  }
}

function native(event: JsonObject, frame: number): NeutralEvent {
  return { type: 'native', dialect: DIALECT, event: undefined, value: event, frame }
}

/** Notes on the first event what the native event was and how many neutral ones came of it, where it is not plain. */
function marked(
  events: readonly NeutralEvent[],
  is: string,
  extra: Extra | undefined,
  isAlways = false,
): readonly NeutralEvent[] {
  const [first, ...rest] = events
  if (!first) return []
  if (rest.length === 0 && !isAlways) return extra ? [{ ...first, extra }] : [first]
  const remainder = extra?.[DIALECT]
  const shapes = { ...remainder?.shapes, is, events: String(events.length) }
  return [{ ...first, extra: { [DIALECT]: { ...remainder, shapes } } }, ...rest]
}

function restOf(event: JsonObject, ...taken: readonly (string | undefined)[]): Extra | undefined {
  let fields: Record<string, unknown> | undefined
  for (const key in event) {
    if (taken.includes(key)) continue
    fields ??= {}
    fields[key] = event[key]
  }
  return fields && { [DIALECT]: { fields } }
}
