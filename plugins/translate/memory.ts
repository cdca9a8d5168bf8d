import { LRUCache } from 'lru-cache'
import { appendedParts, type Block, type NeutralEvent, type OpaqueState, type ReasoningBlock } from 'lunaroute/neutral'

/** What went before a tool call, for clients that do not send it back. */
export interface Remembered {
  readonly reasoning: readonly ReasoningBlock[]
  /** The state of the call itself (Gemini). */
  readonly call?: OpaqueState | undefined
}

const MAX_ENTRIES = 20_000
const MAX_CHARACTERS = 64 * 1024 * 1024
const LIFETIME = 24 * 60 * 60 * 1000

/** Reasoning by the id of the tool call it led to and by who can read it. */
export class Memory {
  readonly #entries = new LRUCache<string, Remembered>({
    max: MAX_ENTRIES,
    maxSize: MAX_CHARACTERS,
    sizeCalculation: entry => JSON.stringify(entry).length,
    ttl: LIFETIME,
  })

  get(provider: string, dialect: string, callId: string): Remembered | undefined {
    return this.#entries.get(`${provider}\n${dialect}\n${callId}`)
  }

  /** Keeps the reasoning of one turn under each of its calls. */
  keep(provider: string, dialect: string, content: readonly Block[]): void {
    // Their bags tell how a stream's events were written, which is not how a message is.
    const reasoning = content
      .filter(block => block.type === 'reasoning')
      .map(({ parts, state }): ReasoningBlock => ({ type: 'reasoning', parts, state }))
    const calls = content.filter(block => block.type === 'toolCall')
    for (const [i, { callId, state }] of calls.entries()) {
      // The turn's reasoning stands before its first call; the others need no copy.
      const entry: Remembered = { reasoning: i === 0 ? reasoning : [], call: state }
      if (entry.reasoning.length > 0 || state) this.#entries.set(`${provider}\n${dialect}\n${callId}`, entry)
    }
  }
}

/** Gathers what `Memory.keep` wants from a stream, and nothing else of it. */
export class ReasoningWatch {
  readonly #blocks = new Map<number, Block>()

  push(event: NeutralEvent): void {
    if (event.type === 'blockStart') {
      const { block, index, choice } = event
      if (choice === 0 && (block.type === 'reasoning' || block.type === 'toolCall')) this.#blocks.set(index, block)
    } else if (event.type === 'reasoningDelta' || event.type === 'state') {
      const block = event.choice === 0 ? this.#blocks.get(event.index) : undefined
      if (!block) return
      if (event.type === 'state') this.#blocks.set(event.index, { ...block, state: event.state })
      else if (block.type === 'reasoning') {
        this.#blocks.set(event.index, { ...block, parts: appendedParts(block.parts, event) })
      }
    }
  }

  get content(): readonly Block[] {
    return [...this.#blocks.values()]
  }
}
