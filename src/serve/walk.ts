import { setTimeout as sleep } from 'node:timers/promises'
import { GatewayError, PluginError } from '../errors.ts'
import type { Attempt, AttemptFailure, Plan, ResponseHead } from '../exchange.ts'
import type { LlmRequest } from '../request.ts'
import type { Provider } from '../upstream/provider.ts'
import { type AttemptResult, type Follower, send } from './attempt.ts'
import type { ServedExchange } from './exchange.ts'
import { KeepAlive } from './keep-alive.ts'
import { logFailure } from './log-failure.ts'

/** What follows a failure: the same attempt again after a pause, or another one of the plan. */
export type Next = { readonly at: number; readonly pause: number }

/** Makes the attempts of a plan, one after the other and each as often as it says, until one answers the client. */
export class Walk implements Follower {
  readonly #plan: Plan
  readonly #request: LlmRequest | null
  readonly #exchange: ServedExchange
  #at = 0
  #retries = 0
  /** What the latest attempt that was made failed with. */
  failure: GatewayError | undefined

  constructor(plan: Plan, request: LlmRequest | null, exchange: ServedExchange) {
    this.#plan = plan
    this.#request = request
    this.#exchange = exchange
  }

  /** Resolves when the client is being answered, or has gone. Rejects with the last failure where nobody answers. */
  async run(): Promise<void> {
    const exchange = this.#exchange
    const { keepAliveAfter = 0 } = this.#plan[0]?.hold ?? {}
    if (keepAliveAfter > 0 && this.#request?.isStream) exchange.keepAlive = new KeepAlive(exchange, keepAliveAfter)
    while (this.#at < this.#plan.length) {
      let result: AttemptResult
      try {
        result = await this.#send()
      } catch (error) {
        // One that cannot be made, as it cannot be translated, is passed over.
        const isRefusal =
          error instanceof GatewayError && (this.failure !== undefined || !(error instanceof PluginError))
        if (this.#request === null || !isRefusal) throw error
        logFailure(exchange.generation.log, exchange.id, error)
        result = { kind: 'protocol', error, isUnmade: true }
      }
      if (result === null || exchange.isOver) return
      // What kept an attempt from being made says less than the failure that led to it.
      if (!result.isUnmade || this.failure === undefined) this.failure = result.error
      const next = result.next ?? (result.isUnmade ? this.#another() : this.next(result.kind, result.head))
      if (next === null) break
      if (next.pause > 0) await this.#wait(next.pause)
      if (exchange.isOver) return
      this.#retries = next.at === this.#at ? this.#retries + 1 : 0
      this.#at = next.at
    }
    throw this.failure ?? noProvider(exchange)
  }

  /** Makes the present attempt. */
  #send(): Promise<AttemptResult> {
    const planned = this.#plan[this.#at]!
    const provider = this.#provider(planned)
    return send({ exchange: this.#exchange, provider, planned, request: this.#request, walk: this })
  }

  /** What follows a failure of the present attempt; null where nothing does, and its answer, if any, is the client's. */
  next(kind: AttemptFailure | number, head: ResponseHead | undefined): Next | null {
    // A body that is streamed through is gone after the first try.
    if (!this.#canRepeat) return null
    const planned = this.#plan[this.#at]!
    // The decision may cost a retry of a budget: it is asked for last.
    const pause = this.#request !== null && isOpen(planned) ? this.#pause(planned, kind, head) : undefined
    if (pause !== undefined) return { at: this.#at, pause }
    if (typeof kind === 'number' && !planned.fallbackOn?.includes(kind)) return null
    return this.#another()
  }

  /** Milliseconds until the present attempt is made again; undefined where it is not. */
  #pause(planned: Attempt, kind: AttemptFailure | number, head: ResponseHead | undefined): number | undefined {
    const { limit, on, delay, wait } = planned.retry ?? this.#provider(planned).retry
    if (this.#retries >= limit) return undefined
    const isListed = on.includes(kind)
    if (!wait) return isListed ? delay * 2 ** this.#retries : undefined
    const { provider, model = this.#request?.modelLabel } = planned
    return wait({ provider, model, kind, head, retries: this.#retries, isListed })
  }

  /** The next attempt of the plan whose gates are open. */
  #another(): Next | null {
    for (let at = this.#at + 1; at < this.#plan.length; at++) if (isOpen(this.#plan[at]!)) return { at, pause: 0 }
    return null
  }

  /** A body that streams through unread is gone once some of it has left. */
  get #canRepeat(): boolean {
    return this.#request !== null || !this.#exchange.message.readableDidRead
  }

  #provider({ provider: name }: Attempt): Provider {
    const provider = this.#exchange.generation.providers.get(name)
    if (provider) return provider
    throw new GatewayError('LR_NO_PROVIDER', 503, `the plan names a provider that is not configured: ${name}`)
  }

  /** Waits, but not for a client that has left. */
  async #wait(milliseconds: number): Promise<void> {
    const { signal } = this.#exchange
    await sleep(milliseconds, undefined, { signal }).catch(error => {
      if (!signal.aborted) throw error
    })
  }
}

function isOpen(attempt: Attempt): boolean {
  return attempt.gates?.every(gate => gate(attempt) === undefined) ?? true
}

function noProvider({ endpoint, dialect, head }: ServedExchange): GatewayError {
  if (endpoint) {
    const message = `no provider that speaks ${dialect.name} is configured in this gateway`
    return new GatewayError('LR_NO_PROVIDER', 503, message)
  }
  return new GatewayError('LR_NOT_FOUND', 404, `this gateway serves nothing at ${head.method} ${head.path}`)
}
