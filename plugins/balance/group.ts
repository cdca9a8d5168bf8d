import { type Attempt, type Exchange, type Gate, GatewayError, type LlmRequest } from 'lunaroute'
import type { GroupOptions } from './options.ts'
import type { BalanceState } from './state.ts'
import { type Sights, type Strategy, strategyOf } from './strategy.ts'
import { type Target, targetOf } from './target.ts'

/** Seconds a target without a `retry-after` is left alone the first time. */
const BACKOFF = 60

/** Targets that stand for each other, and whose turn it is. */
export class Group {
  readonly name: string
  readonly targets: readonly Target[]
  /** Whether targets that answer 429 are left out for a while. */
  readonly hasLimits: boolean
  /** Milliseconds. */
  readonly backoff: number
  readonly #state: BalanceState
  readonly #strategy: Strategy
  readonly #gates: ReadonlyMap<Target, Gate>

  constructor(name: string, options: GroupOptions, state: BalanceState, prices: Sights['prices']) {
    this.name = name
    this.targets = options.targets.map(each => targetOf(each, name))
    this.hasLimits = options.limits ?? options.strategy === 'limits-alternative'
    this.backoff = (options.exponential_backoff_base_secs ?? BACKOFF) * 1000
    this.#state = state
    this.#strategy = strategyOf(options, { latencies: state.latencies, rotation: state.rotation(name), prices })
    this.#gates = new Map(this.targets.map(each => [each, () => this.#objection(each)]))
  }

  /** The attempts that take the place of this one: all available targets, the chosen one first. */
  expand(attempt: Omit<Attempt, 'provider'>, request: LlmRequest | null, exchange: Exchange): readonly Expanded[] {
    const now = performance.now()
    const available = this.hasLimits ? this.targets.filter(each => this.wait(each, now) === 0) : this.targets
    if (available.length === 0) return []
    const model = attempt.model ?? request?.modelLabel
    const ordered = available.length > 1 ? this.#strategy(available, request, exchange, model) : available
    return ordered.map(target => ({ group: this, target, attempt: this.#attempt(target, attempt) }))
  }

  /** Milliseconds until a target may be asked. Limits are a group's own: another may have other models in mind. */
  wait(target: Target, now: number): number {
    return this.#state.limits.wait(target.limitKey, now)
  }

  #attempt(target: Target, attempt: Omit<Attempt, 'provider'>): Attempt {
    const { provider, model = attempt.model } = target
    const placed: Attempt = { ...attempt, provider, ...(model !== undefined && { model }) }
    if (!this.hasLimits) return placed
    return {
      ...placed,
      fallbackOn: [...(attempt.fallbackOn ?? []), 429],
      gates: [...(attempt.gates ?? []), this.#gates.get(target)!],
    }
  }

  #objection(target: Target): GatewayError | undefined {
    const wait = this.wait(target, performance.now())
    return wait > 0 ? limitedError([target.provider], wait) : undefined
  }
}

/** One attempt of a group in a plan. */
export interface Expanded {
  readonly group: Group
  readonly target: Target
  readonly attempt: Attempt
}

export function limitedError(providers: readonly string[], wait: number): GatewayError {
  const names = [...new Set(providers)].map(each => `"${each}"`).join(', ')
  const seconds = Math.max(1, Math.ceil(wait / 1000))
  const message = `All providers are currently rate-limited: ${names}; try again in ${seconds} s`
  return new GatewayError('LR_ALL_LIMITED', 429, message, { headers: { 'retry-after': String(seconds) } })
}
