import { type Block, isObject, type JsonObject, type NeutralEvent, type ReasoningPart } from 'lunaroute/neutral'

/** A block of the stream while it is open. */
export interface OpenBlock {
  readonly index: number
  readonly block: Block
  /** What the deltas have said. */
  text: string
  isOpen: boolean
}

/** An output item of the stream. */
export interface OpenItem {
  readonly id: string | undefined
  /** Blocks by their part: `content_index`, or 0 for items that are one block. */
  readonly blocks: Map<number, OpenBlock>
  /** The parts of a reasoning block, by kind and native index, with what they have said. */
  readonly parts: Map<string, { readonly part: number; text: string }>
  isDone: boolean
}

type ItemReader = (items: OpenItems, item: OpenItem, native: JsonObject) => NeutralEvent[]

/** The items of a stream, and what has been said of them. Deltas that come before their item or part open it. */
export class OpenItems {
  readonly #items = new Map<unknown, OpenItem>()
  #count = 0
  /** The heads of all blocks so far. */
  readonly blocks: Block[] = []
  readonly #readWhole: ItemReader

  constructor(readWhole: ItemReader) {
    this.#readWhole = readWhole
  }

  /** The item an event is about. */
  item({ output_index: index, item_id: id, item }: JsonObject): OpenItem {
    const itemId = isObject(item) ? item.id : id
    // Bedrock counts the output twice over: the id tells the same item under another number.
    const found = this.#items.get(index) ?? this.#byId(itemId)
    if (found) return found
    const opened: OpenItem = {
      id: typeof itemId === 'string' ? itemId : undefined,
      blocks: new Map(),
      parts: new Map(),
      isDone: false,
    }
    this.#items.set(index, opened)
    return opened
  }

  #byId(id: unknown): OpenItem | undefined {
    if (typeof id !== 'string' || id === '') return undefined
    return [...this.#items.values()].find(item => item.id === id)
  }

  /** Opens a part's block, unless it is there. */
  open(item: OpenItem, part: number, block: Block): NeutralEvent[] {
    if (item.blocks.has(part)) return []
    const index = this.#count++
    item.blocks.set(part, { index, block, text: '', isOpen: true })
    this.blocks.push(block)
    return [{ type: 'blockStart', choice: 0, index, block }]
  }

  /** Ends a part's block, if it is open. */
  close(item: OpenItem, part: number): NeutralEvent[] {
    const open = item.blocks.get(part)
    if (!open?.isOpen) return []
    open.isOpen = false
    return [{ type: 'blockStop', choice: 0, index: open.index }]
  }

  /** Appends to a text, a refusal or a call's input. */
  append(item: OpenItem, part: number, type: 'textDelta' | 'inputDelta', text: string): NeutralEvent[] {
    const open = item.blocks.get(part)
    if (!open?.isOpen) return []
    open.text += text
    return [{ type, choice: 0, index: open.index, text }]
  }

  /** Appends what a whole text has beyond the deltas. A text that contradicts them is left as they said it. */
  complete(item: OpenItem, part: number, type: 'textDelta' | 'inputDelta', whole: string): NeutralEvent[] {
    const open = item.blocks.get(part)
    if (!open || whole.length <= open.text.length || !whole.startsWith(open.text)) return []
    return this.append(item, part, type, whole.slice(open.text.length))
  }

  /** Appends to a part of a reasoning block. */
  reason(item: OpenItem, kind: ReasoningPart['kind'], nativePart: number, text: string): NeutralEvent[] {
    const open = item.blocks.get(0)
    if (!open?.isOpen) return []
    const key = `${kind}:${nativePart}`
    const said = item.parts.get(key) ?? { part: item.parts.size, text: '' }
    item.parts.set(key, said)
    said.text += text
    return [{ type: 'reasoningDelta', choice: 0, index: open.index, part: said.part, kind, text }]
  }

  /** The items that only the last event shows, and the end of whatever is open. */
  rest(output: readonly unknown[]): NeutralEvent[] {
    const events: NeutralEvent[] = []
    if (this.#items.size === 0) {
      for (const [i, item] of output.entries()) {
        if (isObject(item)) events.push(...this.#readWhole(this, this.item({ output_index: i, item }), item))
      }
    }
    for (const item of this.#items.values()) {
      for (const part of item.blocks.keys()) events.push(...this.close(item, part))
    }
    return events
  }
}
