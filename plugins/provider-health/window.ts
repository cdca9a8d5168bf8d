import { SlidingCounts } from 'lunaroute'

const OK = 0
const FAILED = 1
/** Upper bounds of latencies in milliseconds: each half as much again as the one before, up to three minutes. */
const BOUNDS: readonly number[] = Array.from({ length: 31 }, (_, i) => 1.5 ** i)

/** What attempts have come to lately. */
export interface Recent {
  readonly ok: number
  readonly failed: number
}

/** Attempts and their times to the first byte within a sliding window. */
export class Window {
  /** In milliseconds. */
  readonly length: number
  readonly #attempts: SlidingCounts
  readonly #latencies: SlidingCounts

  constructor(length: number) {
    this.length = length
    this.#attempts = new SlidingCounts(2, length)
    this.#latencies = new SlidingCounts(BOUNDS.length, length)
  }

  add(hasWorked: boolean, now: number): void {
    this.#attempts.add(hasWorked ? OK : FAILED, now)
  }

  addLatency(milliseconds: number, now: number): void {
    const at = BOUNDS.findIndex(bound => milliseconds <= bound)
    this.#latencies.add(at < 0 ? BOUNDS.length - 1 : at, now)
  }

  recent(now: number): Recent {
    const [ok = 0, failed = 0] = this.#attempts.sums(now)
    return { ok, failed }
  }

  /** The time that this share of the answers kept to, rounded up to the next bound; undefined where there were none. */
  latency(share: number, now: number): number | undefined {
    const sums = this.#latencies.sums(now)
    const total = sums.reduce((sum, each) => sum + each, 0)
    if (total === 0) return undefined
    let below = 0
    const at = sums.findIndex(each => {
      below += each
      return below >= share * total
    })
    return Math.round(BOUNDS[at]! * 10) / 10
  }
}
