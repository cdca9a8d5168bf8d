import type { Block, Choice, NeutralEvent, Stop } from 'lunaroute/neutral'

/** Characters of a token, roughly: the provider's own count never comes. */
const TOKEN = 4

/**
 * Ends an answer where it says a stop sequence, for a model that cannot be told of them. In a stream, the end of a text
 * that may begin a sequence is held back until it is known not to.
 */
export class Cutter {
  readonly #stops: readonly string[]
  readonly #longest: number
  readonly #inputTokens: number | undefined
  readonly #held = new Map<string, string>()
  readonly #open = new Map<string, Extract<NeutralEvent, { type: 'blockStart' }>>()
  #length = 0
  hasCut = false

  constructor(stops: readonly string[], inputTokens: number | undefined) {
    this.#stops = stops
    this.#longest = Math.max(...stops.map(({ length }) => length))
    this.#inputTokens = inputTokens
  }

  /** One choice of a whole answer. */
  choice(choice: Choice): Choice {
    const content: Block[] = []
    for (const block of choice.content) {
      const found = block.type === 'text' ? this.#find(block.text) : undefined
      if (!found || block.type !== 'text') {
        content.push(block)
        continue
      }
      const text = block.text.slice(0, found.at)
      // Citations and probabilities of what is cut off would point at nothing.
      if (text !== '') content.push({ type: 'text', text })
      return { ...choice, content, stop: stopAt(found.sequence) }
    }
    return choice
  }

  push(event: NeutralEvent): readonly NeutralEvent[] {
    if (this.hasCut) return []
    if (event.type === 'blockStart') this.#open.set(keyOf(event), event)
    if (event.type === 'inputDelta' || event.type === 'reasoningDelta') this.#length += event.text.length
    if (event.type === 'textDelta' && this.#open.get(keyOf(event))?.block.type === 'text') return this.#text(event)
    if (event.type !== 'blockStop') return [event]
    this.#open.delete(keyOf(event))
    const held = this.#held.get(keyOf(event))
    this.#held.delete(keyOf(event))
    if (!held) return [event]
    return [{ type: 'textDelta', choice: event.choice, index: event.index, text: held }, event]
  }

  #text(event: Extract<NeutralEvent, { type: 'textDelta' }>): readonly NeutralEvent[] {
    const { choice, index } = event
    const text = (this.#held.get(keyOf(event)) ?? '') + event.text
    this.#length += event.text.length
    const found = this.#find(text)
    if (found) return this.#end(choice, index, text.slice(0, found.at), found.sequence)
    const safe = text.length - this.#beginning(text)
    this.#held.set(keyOf(event), text.slice(safe))
    return safe === 0 ? [] : [{ ...event, text: text.slice(0, safe) }]
  }

  #end(choice: number, index: number, text: string, sequence: string): readonly NeutralEvent[] {
    this.hasCut = true
    const last: NeutralEvent[] = text === '' ? [] : [{ type: 'textDelta', choice, index, text }]
    const open = [...this.#open.values()].map(
      (start): NeutralEvent => ({ type: 'blockStop', choice: start.choice, index: start.index }),
    )
    const usage = { inputTokens: this.#inputTokens, outputTokens: Math.ceil(this.#length / TOKEN), isEstimated: true }
    return [
      ...last,
      ...open,
      { type: 'finish', choice, stop: stopAt(sequence) },
      { type: 'usage', usage },
      { type: 'end' },
    ]
  }

  #find(text: string): { readonly at: number; readonly sequence: string } | undefined {
    const found = this.#stops.map(sequence => ({ sequence, at: text.indexOf(sequence) })).filter(({ at }) => at >= 0)
    return found.sort((a, b) => a.at - b.at)[0]
  }

  /** How much of the end of a text may be the beginning of a sequence. */
  #beginning(text: string): number {
    for (let length = Math.min(this.#longest - 1, text.length); length > 0; length--) {
      const end = text.slice(-length)
      if (this.#stops.some(sequence => sequence.startsWith(end))) return length
    }
    return 0
  }
}

function stopAt(sequence: string): Stop {
  return { reason: 'stopSequence', sequence }
}

function keyOf({ choice, index }: { readonly choice: number; readonly index: number }): string {
  return `${choice} ${index}`
}
