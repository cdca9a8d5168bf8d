import { type Block, isObject, type NeutralEvent, type ToolCallBlock } from 'lunaroute/neutral'

interface Place {
  readonly namespace: string
  readonly name: string
}

/** What was done to the names of tools on the way out, and how to undo it in the answer. Holds one request's maps. */
export class Reversal {
  readonly #names = new Map<string, string>()
  readonly #custom = new Set<string>()
  readonly #places = new Map<string, Place>()

  renamed(from: string, to: string): void {
    this.#names.set(to, from)
  }

  /** A custom tool leaves as a function with one argument. */
  lowered(name: string): void {
    this.#custom.add(name)
  }

  flattened(place: Place, to: string): void {
    this.#places.set(to, place)
  }

  isLowered(name: string): boolean {
    return this.#custom.has(this.#names.get(name) ?? name)
  }

  get isEmpty(): boolean {
    return this.#names.size === 0 && this.#custom.size === 0 && this.#places.size === 0
  }

  /** A block of the answer as the client knows its tools. */
  block(block: Block): Block {
    if (block.type !== 'toolCall' || this.isEmpty) return block
    const name = this.#names.get(block.name) ?? block.name
    const raised: ToolCallBlock = { ...block, name, ...this.#places.get(name) }
    if (!this.#custom.has(name)) return raised
    return { ...raised, inputType: 'text', input: raisedInput(block.input) }
  }
}

/** Undoes a request's changes in a stream. The input of a lowered tool is held back until it is whole. */
export class EventReversal {
  readonly #reversal: Reversal
  readonly #held = new Map<string, string>()

  constructor(reversal: Reversal) {
    this.#reversal = reversal
  }

  push(event: NeutralEvent): readonly NeutralEvent[] {
    if (event.type === 'blockStart' && event.block.type === 'toolCall') {
      if (this.#reversal.isLowered(event.block.name)) {
        this.#held.set(keyOf(event), event.block.input)
        return [{ ...event, block: this.#reversal.block({ ...event.block, input: '' }) }]
      }
      return [{ ...event, block: this.#reversal.block(event.block) }]
    }
    if (this.#held.size === 0) return [event]
    if (event.type === 'inputDelta') {
      const held = this.#held.get(keyOf(event))
      if (held === undefined) return [event]
      this.#held.set(keyOf(event), held + event.text)
      return []
    }
    if (event.type !== 'blockStop') return [event]
    const held = this.#held.get(keyOf(event))
    if (held === undefined) return [event]
    this.#held.delete(keyOf(event))
    const { choice, index } = event
    return [{ type: 'inputDelta', choice, index, text: raisedInput(held) }, event]
  }
}

function keyOf({ choice, index }: { readonly choice: number; readonly index: number }): string {
  return `${choice} ${index}`
}

/** The free text in a lowered tool's arguments; what is not in that form is the text itself. */
function raisedInput(input: string): string {
  try {
    const value: unknown = JSON.parse(input)
    if (isObject(value) && typeof value.input === 'string') return value.input
  } catch {
    // A model that wrote its text bare meant the text.
  }
  return input
}
