/** How fast an average forgets: after so many milliseconds a third of a value is left. */
const DECAY = 10_000
/** What a failure counts as, in milliseconds: a provider that refuses at once must not look fast. */
const FAILURE = 5_000

interface Latency {
  average: number
  at: number
  underWay: number
}

/** How long targets take to their first byte, as peak EWMA: it rises at once and falls slowly. */
export class Latencies {
  readonly #byKey = new Map<string, Latency>()

  started(key: string): void {
    this.#of(key).underWay++
  }

  ended(key: string): void {
    const latency = this.#of(key)
    latency.underWay = Math.max(0, latency.underWay - 1)
  }

  answered(key: string, milliseconds: number, now: number): void {
    const latency = this.#of(key)
    const rest = Math.exp((latency.at - now) / DECAY)
    const isPeak = milliseconds > latency.average
    latency.average = isPeak ? milliseconds : latency.average * rest + milliseconds * (1 - rest)
    latency.at = now
  }

  failed(key: string, now: number): void {
    this.answered(key, FAILURE, now)
  }

  /** What one more request would meet there: the time, as often as there would be requests. Unknown ones are cheap. */
  load(key: string, now: number): number {
    const latency = this.#byKey.get(key)
    if (!latency) return 0
    return (1 + latency.average * Math.exp((latency.at - now) / DECAY)) * (latency.underWay + 1)
  }

  /** In milliseconds; undefined where nothing is known. */
  average(key: string): number | undefined {
    return this.#byKey.get(key)?.average
  }

  #of(key: string): Latency {
    let latency = this.#byKey.get(key)
    if (!latency) {
      latency = { average: 0, at: 0, underWay: 0 }
      this.#byKey.set(key, latency)
    }
    return latency
  }
}
