import { type AttemptOutcome, type Observer, type ResponseHead, retryAfter, type StartedAttempt } from 'lunaroute'
import type { Expanded } from './group.ts'
import type { KeyRing } from './key-ring.ts'
import type { BalanceState } from './state.ts'

/** What the attempt says of limits and keys, whatever plan it was made for. */
export function countLimits(
  outcome: AttemptOutcome,
  { rateLimits }: Pick<BalanceState, 'rateLimits'>,
  rings: ReadonlyMap<string, KeyRing>,
): void {
  const { provider, status, toldStatus } = outcome
  if ((toldStatus ?? status) === 429) rateLimits.add({ provider, model: outcome.model ?? 'none' })
  rings.get(provider)?.ended(outcome)
}

/** Follows the attempts of one exchange with groups in its plan. What `countLimits` does has been done when it hears of an end. */
export class Watch implements Observer {
  readonly #state: BalanceState
  readonly #rings: ReadonlyMap<string, KeyRing>
  readonly #expanded: readonly Expanded[]
  /** Whether the client's own credential went along, whose limits are its own as well. */
  readonly #isClients: (provider: string) => boolean
  #current: Expanded | undefined
  #startedAt = 0

  constructor(
    state: BalanceState,
    rings: ReadonlyMap<string, KeyRing>,
    expanded: readonly Expanded[],
    isClients: (provider: string) => boolean,
  ) {
    this.#isClients = isClients
    this.#state = state
    this.#rings = rings
    this.#expanded = expanded
  }

  attemptStarted(attempt: StartedAttempt): void {
    this.#current = this.#find(attempt)
    if (!this.#current) return
    this.#startedAt = performance.now()
    this.#state.latencies.started(this.#current.target.key)
  }

  attemptAnswered({ model }: StartedAttempt, { status }: ResponseHead): void {
    if (!this.#current || status >= 400) return
    const { group, target } = this.#current
    const now = performance.now()
    this.#state.latencies.answered(target.key, now - this.#startedAt, now)
    const primary = group.targets[0]!
    if (!group.hasLimits || target === primary || group.wait(primary, now) === 0) return
    const labels = { primary_provider: primary.provider, alternative_provider: target.provider }
    this.#state.alternatives.add({ ...labels, model: model ?? 'none' })
  }

  attemptEnded(outcome: AttemptOutcome): void {
    const { provider, status, toldStatus, failure, head } = outcome
    if (!this.#current) return
    const { group, target } = this.#current
    this.#current = undefined
    const { latencies, limits } = this.#state
    const now = performance.now()
    latencies.ended(target.key)
    const hasFailed = failure === undefined ? (toldStatus ?? status ?? 0) >= 500 : !HARMLESS.has(failure)
    if (hasFailed) latencies.failed(target.key, now)
    if (!group.hasLimits) return
    if ((toldStatus ?? status) === 429) {
      // With another key the target may answer yet.
      if (this.#isClients(provider) || this.#rings.get(provider)?.hasUsable) return
      const wait = limits.limited(target.limitKey, head && retryAfter(head), group.backoff, now)
      if (wait !== undefined) this.#state.backoffs.add(provider, wait / 1000)
    } else if (failure === undefined && (status ?? 500) < 400) limits.worked(target.limitKey, now)
  }

  /** Which target an attempt is for. Attempts come as provider and model, after others may have moved them. */
  #find(attempt: StartedAttempt): Expanded | undefined {
    const fitting = this.#expanded.filter(each => each.target.provider === attempt.provider)
    if (fitting.length < 2) return fitting[0]
    const { model } = attempt
    return fitting.find(each => each.attempt.model === model) ?? fitting.find(each => each.attempt.model === undefined)
  }
}

/** What says nothing of how fast a provider is. */
const HARMLESS: ReadonlySet<unknown> = new Set(['cancelled', 'stale'])
