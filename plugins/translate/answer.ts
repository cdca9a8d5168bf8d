import { randomBytes } from 'node:crypto'
import type { Block, Choice, Codec, NeutralError, NeutralEvent, ResponseContext, Stop, Usage } from 'lunaroute/neutral'
import { AnswerLosses, placeOf } from './answer-losses.ts'
import { type Memory, ReasoningWatch } from './memory.ts'
import { EventReversal, type Reversal, withoutCall } from './reversal.ts'
import { stateless, tagged } from './tag.ts'

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
  readonly #losses: AnswerLosses | undefined
  #hasState = false
  #hasSpoken = false

  constructor(parts: AnswerParts) {
    this.#parts = parts
    const { client, context } = parts
    if (client.answers) this.#losses = new AnswerLosses(client.answers, context.diagnostics)
    this.#events = new EventReversal(parts.reversal)
  }

  /** One choice of a whole answer. */
  choice(choice: Choice): Choice {
    const raised = choice.content.map(block => this.#raised(block))
    if (choice.index === 0) this.#keep(raised)
    const content = raised.map((block, i): Block => ({ ...this.#marked(block), at: placeOf(choice.index, i) }))
    const hasCalls = content.some(({ type }) => type === 'toolCall')
    const stop = choice.stop && this.#parts.reversal.answer ? withoutCall(choice.stop, hasCalls) : choice.stop
    const given = { ...choice, content, stop }
    this.#losses?.choice(given)
    return given
  }

  /** What was used, as the client's dialect adds it up. */
  usage(usage: Usage | undefined): Usage | undefined {
    this.#losses?.usage(usage)
    const { toolInputTokens, inputTokens } = usage ?? {}
    if (!toolInputTokens || this.#parts.client.answers?.usage.includes('toolInputTokens') !== false) return usage
    return { ...usage, inputTokens: (inputTokens ?? 0) + toolInputTokens, toolInputTokens: undefined }
  }

  event(event: NeutralEvent): readonly NeutralEvent[] {
    if (event.type === 'usage') return [{ ...event, usage: this.usage(event.usage)! }]
    if (event.type === 'textDelta') {
      this.#losses?.event(event)
      return [event]
    }
    if (event.type === 'start') return [{ ...event, usage: this.usage(event.usage) }]
    if (event.type === 'blockStart') this.#hasSpoken = true
    if (event.type === 'finish' && event.choice === 0 && !this.#hasSpoken && event.stop.reason === 'error') {
      return [{ type: 'error', error: failureIn(event.stop) }]
    }
    const raised = this.#events.push(event).map(each => {
      if (each.type !== 'blockStart') return each
      const block = this.#identified(each.block)
      return block === each.block ? each : { ...each, block }
    })
    return raised.map(each => {
      this.#note(each)
      this.#losses?.event(each)
      if (each.type === 'state') return { ...each, state: tagged(each.state, this.#parts.providerName) }
      if (each.type !== 'blockStart') return each
      return { ...each, block: { ...this.#marked(each.block), at: placeOf(each.choice, each.index) } as Block }
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

  /**
   * State names who made it. So does its absence, where the client's own provider would take the block for one of its own
   * that lost its state, and refuse it.
   */
  #marked(block: Block): Block {
    const { client, provider, providerName } = this.#parts
    const isSealed = client.answers?.sealed?.includes(block.type)
    const state = block.state ?? (isSealed ? stateless(provider.dialect) : undefined)
    return state ? ({ ...block, state: tagged(state, providerName) } as Block) : block
  }
}

/** A model that failed and said nothing has given no answer: clients try again what is told as an error. */
export function failureIn({ native, message }: Stop): NeutralError {
  const reason = [native, message].filter(text => text !== undefined && text !== '').join(': ')
  return { kind: 'server', message: `the model failed to answer${reason === '' ? '' : `: ${reason}`}` }
}

/** An id as providers make them: a prefix and 24 characters by chance. */
export function randomId(prefix: string): string {
  return prefix + randomBytes(18).toString('base64url').replaceAll(/[-_]/g, '0')
}
