import type { Block, JsonObject, NeutralEvent } from 'lunaroute/neutral'
import type { OpenItem, OpenItems } from './open-items.ts'
import { readModelItem, readOutputItem } from './read-items.ts'

/** An item begins. Messages begin with their parts, and what comes whole with its end. */
export function itemStarted(items: OpenItems, item: OpenItem, native: JsonObject): NeutralEvent[] {
  const [head] = readModelItem(withoutInput(native), undefined) ?? []
  switch (head?.type) {
    case 'reasoning':
      return items.open(item, 0, { type: 'reasoning', id: head.id, parts: [] })
    case 'toolCall':
      return items.open(item, 0, { ...plain(head), input: '' } as Block)
    case 'serverToolCall':
      return items.open(item, 0, { ...plain(head), input: '' } as Block)
    default:
      return []
  }
}

/** An item is complete: whatever was not said in pieces is said now. */
export function itemWhole(items: OpenItems, item: OpenItem, native: JsonObject): NeutralEvent[] {
  if (item.isDone) return []
  item.isDone = true
  if (native.type === 'message') return messageWhole(items, item, native)
  const [block, result] = readOutputItem(native)
  if (!block) return []
  const events = itemStarted(items, item, native)
  if (item.blocks.size === 0) events.push(...items.open(item, 0, plain(block)))
  if (block.type === 'toolCall' || block.type === 'serverToolCall') {
    events.push(...items.complete(item, 0, 'inputDelta', block.input))
  }
  if (block.type === 'reasoning') events.push(...reasoningWhole(items, item, block))
  events.push(...items.close(item, 0))
  if (result) events.push(...items.open(item, 1, plain(result)), ...items.close(item, 1))
  return events
}

function messageWhole(items: OpenItems, item: OpenItem, native: JsonObject): NeutralEvent[] {
  const events: NeutralEvent[] = []
  const blocks = readOutputItem(native)
  const places = [...item.blocks.keys()].sort((a, b) => a - b)
  for (const [i, block] of blocks.entries()) {
    // Bedrock counts the parts of all items together: where every part was seen, they are taken in their order.
    const place = places.length === blocks.length ? places[i]! : i
    const hasText = block.type === 'text' || block.type === 'refusal'
    const { citations, ...bare } = { citations: undefined, ...block }
    const head = hasText ? ({ ...bare, text: '' } as Block) : block
    const isLate = !item.blocks.has(place)
    events.push(...items.open(item, place, plain(head)))
    if (hasText) events.push(...items.complete(item, place, 'textDelta', block.text))
    const index = item.blocks.get(place)!.index
    if (isLate) {
      for (const citation of citations ?? []) events.push({ type: 'citation', choice: 0, index, citation })
    }
    events.push(...items.close(item, place))
  }
  // Parts that the whole item does not have any more end with it.
  for (const place of places) events.push(...items.close(item, place))
  return events
}

function reasoningWhole(items: OpenItems, item: OpenItem, block: Block & { type: 'reasoning' }): NeutralEvent[] {
  const events: NeutralEvent[] = []
  const seen = { summary: 0, text: 0 }
  for (const { kind, text } of block.parts) {
    const part = seen[kind]++
    const said = item.parts.get(`${kind}:${part}`)?.text ?? ''
    if (text.length > said.length && text.startsWith(said)) {
      events.push(...items.reason(item, kind, part, text.slice(said.length)))
    }
  }
  const open = item.blocks.get(0)
  if (block.state && open?.isOpen) events.push({ type: 'state', choice: 0, index: open.index, state: block.state })
  return events
}

/** The event keeps the item; its block has no remainder of its own. */
function plain<B extends Block>({ extra: _, ...block }: B): B {
  return block as B
}

/** The head of a call, which is there before its input. */
function withoutInput(native: JsonObject): JsonObject {
  const { type } = native
  if (type === 'function_call') return { ...native, arguments: '' }
  if (type === 'custom_tool_call') return { ...native, input: '' }
  return native
}
