import { randomBytes } from 'node:crypto'
import type { Block, Choice, Codec, NeutralEvent, ResponseContext } from 'lunaroute/neutral'
import { type Memory, ReasoningWatch } from './memory.ts'
import { EventReversal, type Reversal, withoutCall } from './reversal.ts'
import { tagged } from './tag.ts'

/** What is done to an answer between its reader and its writer. */
export interface AnswerParts {
  readonly client: Codec
  readonly provider: Codec
  readonly providerName: string
  readonly context: ResponseContext
  readonly reversal: Reversal
  readonly memory: Memory
}

/** A provider's answer on its way to the client: names given back, state kept and marked with its issuer. */
export class Answer {
  readonly #parts: AnswerParts
  readonly #events: EventReversal
  readonly #watch = new ReasoningWatch()
  #hasState = false

  constructor(parts: AnswerParts) {
    this.#parts = parts
    this.#events = new EventReversal(parts.reversal)
  }

  /** One choice of a whole answer. */
  choice(choice: Choice): Choice {
    const raised = choice.content.map(block => this.#raised(block))
    if (choice.index === 0) this.#keep(raised)
    const content = raised.map(block => this.#marked(block))
    if (!choice.stop || !this.#parts.reversal.answer) return { ...choice, content }
    const stop = withoutCall(
      choice.stop,
      content.some(({ type }) => type === 'toolCall'),
    )
    return { ...choice, content, stop }
  }

  event(event: NeutralEvent): readonly NeutralEvent[] {
    if (event.type === 'textDelta' || event.type === 'usage') return [event]
    const raised = this.#events.push(event).map(each => {
      if (each.type !== 'blockStart') return each
      const block = this.#identified(each.block)
      return block === each.block ? each : { ...each, block }
    })
    return raised.map(each => {
      this.#note(each)
      if (each.type === 'state') return { ...each, state: tagged(each.state, this.#parts.providerName) }
      return each.type === 'blockStart' ? { ...each, block: this.#marked(each.block) } : each
    })
  }

  #note(event: NeutralEvent): void {
    this.#watch.push(event)
    if (event.type === 'state' || event.type === 'reasoningDelta') this.#hasState = true
    if (event.type === 'blockStart' && event.block.state) this.#hasState = true
    if (event.type === 'finish' && event.choice === 0 && this.#hasState) this.#keep(this.#watch.content)
  }

  #keep(content: readonly Block[]): void {
    const { memory, provider, providerName } = this.#parts
    memory.keep(providerName, provider.dialect, content)
  }

  #raised(block: Block): Block {
    return this.#identified(this.#parts.reversal.block(block))
  }

  /** An id that the reader made from the position is not unique in the conversation: a call gets one that is. */
  #identified(block: Block): Block {
    if (block.type !== 'toolCall') return block
    const { provider, context } = this.#parts
    const absent = block.extra?.[provider.dialect]?.absent ?? []
    const isMadeUp = block.callId === '' || absent.some(key => key === 'id' || key.endsWith('.id'))
    return isMadeUp ? { ...block, callId: context.id('call_') } : block
  }

  #marked(block: Block): Block {
    return block.state ? ({ ...block, state: tagged(block.state, this.#parts.providerName) } as Block) : block
  }
}

/** An id as providers make them: a prefix and 24 characters by chance. */
export function randomId(prefix: string): string {
  return prefix + randomBytes(18).toString('base64url').replaceAll(/[-_]/g, '0')
}
