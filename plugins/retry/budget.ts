/** How far back requests and retries are counted, in seconds. */
const WINDOW = 10

export interface BudgetLimits {
  /** Retries for each first try at the provider: 0.2 is 20 % more load. */
  readonly ratio: number
  /** Retries a second that are granted whatever the traffic. */
  readonly minPerSecond: number
}

/**
 * What retries a provider may be burdened with: a share of the first tries it was sent in the last ten seconds. It lives
 * longer than a generation, so its limits come with each question.
 */
export class RetryBudget {
  readonly #tries = new Uint32Array(WINDOW)
  readonly #retries = new Uint32Array(WINDOW)
  #second = 0
  /** Retries that were made, by reason, since it was made. */
  readonly made = new Map<string, number>()
  /** Retries that it refused. */
  refused = 0

  /** A try was sent, be it the first or a retry. */
  count(now: number): void {
    this.#tries[this.#at(now)]!++
  }

  /** Takes a retry out of it, where there is one. */
  take(limits: BudgetLimits, now: number): boolean {
    const at = this.#at(now)
    const retries = sum(this.#retries)
    const firstTries = Math.max(sum(this.#tries) - retries, 0)
    if (retries + 1 > Math.max(limits.ratio * firstTries, limits.minPerSecond * WINDOW)) return false
    this.#retries[at]!++
    return true
  }

  /** Counts a retry that will be made after `pause` milliseconds, and hands the pause on. */
  retried(reason: string | number, pause: number): number {
    const label = String(reason)
    this.made.set(label, (this.made.get(label) ?? 0) + 1)
    return pause
  }

  /** The place of this second, and those of seconds long past are empty. */
  #at(now: number): number {
    const second = Math.floor(now / 1000)
    for (let gone = Math.min(second - this.#second, WINDOW); gone > 0; gone--) {
      this.#tries[(second - gone + 1) % WINDOW] = 0
      this.#retries[(second - gone + 1) % WINDOW] = 0
    }
    this.#second = Math.max(second, this.#second)
    return this.#second % WINDOW
  }
}

function sum(counts: Uint32Array): number {
  let all = 0
  for (const count of counts) all += count
  return all
}
