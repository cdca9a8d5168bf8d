import { type Fields, isObject, type JsonObject, type NeutralEvent } from 'lunaroute/neutral'
import { readAnnotation } from './annotations.ts'
import { itemStarted, itemWhole } from './decode-items.ts'
import { readLogprobs } from './logprobs.ts'
import type { OpenItem, OpenItems } from './open-items.ts'

type Handler = (f: Fields, items: OpenItems) => NeutralEvent[]

/**
 * What the events of items and parts mean. A handler takes from the event what its neutral events say again, and returns
 * nothing for an event that adds nothing to what is known.
 */
export const BLOCK_HANDLERS: Readonly<Record<string, Handler>> = {
  'response.output_item.added'(f, items) {
    const item = f.peek('item')
    return isObject(item) ? itemStarted(items, items.item(f.native), item) : []
  },
  'response.output_item.done'(f, items) {
    const item = f.peek('item')
    return isObject(item) ? itemWhole(items, items.item(f.native), item) : []
  },
  'response.content_part.added'(f, items) {
    const part = f.peek('part')
    return isObject(part) ? openPart(items, items.item(f.native), partOf(f), part) : []
  },
  'response.content_part.done'(f, items) {
    const item = items.item(f.native)
    // A part of reasoning is one of several in its block, and does not end it.
    return item.blocks.get(partOf(f))?.block.type === 'reasoning' ? [] : items.close(item, partOf(f))
  },
  'response.output_text.delta': textDelta('output_text'),
  'response.refusal.delta': textDelta('refusal'),
  'response.output_text.done': (f, items) => completeText(f, items, 'output_text', f.peek('text')),
  'response.refusal.done': (f, items) => completeText(f, items, 'refusal', f.peek('refusal')),
  'response.output_text.annotation.added'(f, items) {
    const item = items.item(f.native)
    const opened = openPart(items, item, partOf(f), { type: 'output_text' })
    const block = item.blocks.get(partOf(f))
    const value = block?.isOpen && opened.length === 0 ? f.value('annotation') : undefined
    if (!block || value === undefined) return opened
    return [{ type: 'citation', choice: 0, index: block.index, citation: readAnnotation(value) }]
  },
  'response.function_call_arguments.delta': inputDelta,
  'response.custom_tool_call_input.delta': inputDelta,
  'response.mcp_call_arguments.delta': inputDelta,
  'response.function_call_arguments.done': completeInput('arguments'),
  'response.custom_tool_call_input.done': completeInput('input'),
  'response.mcp_call_arguments.done': completeInput('arguments'),
  'response.reasoning_summary_text.delta': (f, items) => reasoningDelta(f, items, 'summary'),
  'response.reasoning_text.delta': (f, items) => reasoningDelta(f, items, 'text'),
}

function textDelta(type: 'output_text' | 'refusal'): Handler {
  return (f, items) => {
    const item = items.item(f.native)
    const opened = openPart(items, item, partOf(f), { type })
    const events = items.append(item, partOf(f), 'textDelta', textOf(f))
    if (events.length > 0) f.string('delta')
    const [delta] = events
    if (delta?.type !== 'textDelta') return opened
    const isScored = Array.isArray(f.peek('logprobs')) && (f.peek('logprobs') as unknown[]).length > 0
    const logprobs = isScored ? readLogprobs(f) : undefined
    return [...opened, logprobs ? { ...delta, logprobs } : delta]
  }
}

function completeText(f: Fields, items: OpenItems, type: string, text: unknown): NeutralEvent[] {
  if (typeof text !== 'string') return []
  const item = items.item(f.native)
  const opened = openPart(items, item, partOf(f), { type })
  return [...opened, ...items.complete(item, partOf(f), 'textDelta', text)]
}

function inputDelta(f: Fields, items: OpenItems): NeutralEvent[] {
  const events = items.append(items.item(f.native), 0, 'inputDelta', textOf(f))
  if (events.length > 0) f.string('delta')
  return events
}

function completeInput(key: string): Handler {
  return (f, items) => {
    const whole = f.peek(key)
    return typeof whole === 'string' ? items.complete(items.item(f.native), 0, 'inputDelta', whole) : []
  }
}

function reasoningDelta(f: Fields, items: OpenItems, kind: 'summary' | 'text'): NeutralEvent[] {
  const item = items.item(f.native)
  const opened = items.open(item, 0, { type: 'reasoning', parts: [], id: item.id })
  const part = f.peek(kind === 'summary' ? 'summary_index' : 'content_index')
  const events = items.reason(item, kind, typeof part === 'number' ? part : 0, textOf(f))
  if (events.length > 0) f.string('delta')
  return [...opened, ...events]
}

/** Opens the block of a message's part. Parts of reasoning and unknown ones are read when their item is complete. */
function openPart(items: OpenItems, item: OpenItem, index: number, { type, text }: JsonObject): NeutralEvent[] {
  if (type === 'refusal') return items.open(item, index, { type, text: '', id: item.id })
  if (type !== 'output_text') return []
  const opened = items.open(item, index, { type: 'text', text: '', id: item.id })
  const isEarly = opened.length > 0 && typeof text === 'string' && text !== ''
  return isEarly ? [...opened, ...items.append(item, index, 'textDelta', text)] : opened
}

function partOf(f: Fields): number {
  const index = f.peek('content_index')
  return typeof index === 'number' ? index : 0
}

function textOf(f: Fields): string {
  const delta = f.peek('delta')
  return typeof delta === 'string' ? delta : ''
}
