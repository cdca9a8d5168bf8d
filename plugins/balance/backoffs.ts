import type { Sample } from 'lunaroute'

/** Upper bounds in seconds: what comes of doubling a minute. */
const BOUNDS = [60, 120, 240, 480, 960, 1920, 3840]

interface Spread {
  /** Of each bound, those at or below it. */
  readonly below: number[]
  sum: number
  count: number
}

/** For how long providers were left alone after a 429. */
export class Backoffs {
  readonly #byProvider = new Map<string, Spread>()

  add(provider: string, seconds: number): void {
    const spread = this.#byProvider.get(provider) ?? { below: BOUNDS.map(() => 0), sum: 0, count: 0 }
    this.#byProvider.set(provider, spread)
    spread.sum += seconds
    spread.count++
    for (const [i, bound] of BOUNDS.entries()) if (seconds <= bound) spread.below[i]!++
  }

  *samples(): Iterable<Sample> {
    for (const [provider, { below, sum, count }] of this.#byProvider) {
      for (const [i, bound] of BOUNDS.entries()) {
        yield { labels: { provider, le: String(bound) }, value: below[i]!, part: 'bucket' }
      }
      yield { labels: { provider, le: '+Inf' }, value: count, part: 'bucket' }
      yield { labels: { provider }, value: sum, part: 'sum' }
      yield { labels: { provider }, value: count, part: 'count' }
    }
  }
}
