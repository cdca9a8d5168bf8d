import type { AttemptOutcome, Observer } from 'lunaroute'
import type { HealthRules, ProviderHealth } from './health.ts'
import { hasWorked } from './verdict.ts'

/** Follows the attempts of one exchange. */
export class Watch implements Observer {
  readonly #health: ProviderHealth
  readonly #rules: HealthRules
  readonly #isPerModel: boolean
  #startedAt = 0
  #latency: number | undefined

  constructor(health: ProviderHealth, rules: HealthRules, isPerModel: boolean) {
    this.#health = health
    this.#rules = rules
    this.#isPerModel = isPerModel
  }

  attemptStarted(): void {
    this.#startedAt = performance.now()
    this.#latency = undefined
  }

  attemptAnswered(): void {
    this.#latency = performance.now() - this.#startedAt
  }

  attemptEnded(outcome: AttemptOutcome): void {
    const works = hasWorked(outcome)
    if (works === undefined) return
    const { window: length } = this.#rules
    const now = performance.now()
    const windows = [this.#health.provider(outcome.provider, length)]
    if (this.#isPerModel) windows.push(this.#health.model(outcome.provider, outcome.model ?? '', length))
    for (const window of windows) {
      window.add(works, now)
      if (works && this.#latency !== undefined) window.addLatency(this.#latency, now)
    }
  }
}
