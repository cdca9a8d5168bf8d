import { type Block, isObject, type NeutralEvent, type Stop, type ToolCallBlock } from 'lunaroute/neutral'

interface Place {
  readonly namespace: string
  readonly name: string
}

interface Answered {
  readonly name: string
  readonly isWrapped: boolean
}

/** What was done to the names of tools on the way out, and how to undo it in the answer. Holds one request's maps. */
export class Reversal {
  readonly #names = new Map<string, string>()
  readonly #custom = new Set<string>()
  readonly #places = new Map<string, Place>()
  /** The tool whose input is the answer, where one stands for structured output. */
  #answer: Answered | undefined
  #stops: readonly string[] = []

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

  /** The model gives its answer as this tool's input; wrapped in an object where it is none. */
  answeredBy(name: string, isWrapped: boolean): void {
    this.#answer = { name, isWrapped }
  }

  get answer(): Answered | undefined {
    return this.#answer
  }

  /** Sequences that end the answer, for a model that cannot be told of them. */
  stoppedBy(sequences: readonly string[]): void {
    this.#stops = sequences.filter(sequence => sequence !== '')
  }

  get stops(): readonly string[] {
    return this.#stops
  }

  isLowered(name: string): boolean {
    return this.#custom.has(this.#names.get(name) ?? name)
  }

  get isEmpty(): boolean {
    return this.#names.size === 0 && this.#custom.size === 0 && this.#places.size === 0
  }

  /** A block of the answer as the client knows its tools. */
  block(block: Block): Block {
    if (block.type !== 'toolCall') return block
    if (this.#answer?.name === block.name) return { type: 'text', text: unwrapped(block.input, this.#answer.isWrapped) }
    if (this.isEmpty) return block
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
  readonly #answers = new Map<string, string>()
  readonly #hasCalls = new Set<number>()

  constructor(reversal: Reversal) {
    this.#reversal = reversal
  }

  push(event: NeutralEvent): readonly NeutralEvent[] {
    const { answer } = this.#reversal
    if (answer) {
      const said = this.#said(event, answer)
      if (said) return said
    }
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

  /** What the tool's input says as text; undefined for an event that has nothing to do with it. */
  #said(event: NeutralEvent, { name, isWrapped }: Answered): readonly NeutralEvent[] | undefined {
    if (event.type === 'finish') return [{ ...event, stop: withoutCall(event.stop, this.#hasCalls.has(event.choice)) }]
    if (event.type === 'blockStart') {
      if (event.block.type !== 'toolCall') return undefined
      if (event.block.name !== name) {
        this.#hasCalls.add(event.choice)
        return undefined
      }
      this.#answers.set(keyOf(event), event.block.input)
      const { choice, index } = event
      const start: NeutralEvent = { type: 'blockStart', choice, index, block: { type: 'text', text: '' } }
      if (isWrapped || event.block.input === '') return [start]
      return [start, { type: 'textDelta', choice, index, text: event.block.input }]
    }
    if (event.type !== 'inputDelta' && event.type !== 'blockStop' && event.type !== 'state') return undefined
    const held = this.#answers.get(keyOf(event))
    if (held === undefined) return undefined
    const { choice, index } = event
    // A text holds no state, and the call that it belonged to is not there any more.
    if (event.type === 'state') return []
    if (event.type === 'inputDelta') {
      this.#answers.set(keyOf(event), held + event.text)
      return isWrapped || event.text === '' ? [] : [{ type: 'textDelta', choice, index, text: event.text }]
    }
    const stop: NeutralEvent = { type: 'blockStop', choice, index }
    return isWrapped ? [{ type: 'textDelta', choice, index, text: unwrapped(held, true) }, stop] : [stop]
  }
}

/** Why the model stopped, where the only tool it called stood for its answer. */
export function withoutCall(stop: Stop, hasCalls: boolean): Stop {
  return stop.reason === 'toolCalls' && !hasCalls ? { reason: 'stop' } : stop
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

/** The value that an answer's tool was called with; what is not in that form is given as it is. */
function unwrapped(input: string, isWrapped: boolean): string {
  if (!isWrapped) return input
  try {
    const value: unknown = JSON.parse(input)
    if (isObject(value) && value.answer !== undefined) return JSON.stringify(value.answer)
  } catch {
    // The client sees for itself that the answer broke off.
  }
  return input
}
