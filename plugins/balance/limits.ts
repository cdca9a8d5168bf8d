/** No target is left alone for longer than two days, whatever it says. In milliseconds. */
const LONGEST = 172_800_000

interface Limit {
  /** By performance.now(). */
  until: number
  /** How often it was limited without having worked in between. */
  inARow: number
}

/** Which targets are left alone because they answered 429. Times in milliseconds by performance.now(). */
export class Limits {
  readonly #byKey = new Map<string, Limit>()

  /** Milliseconds until it may be asked again; 0 for now. */
  wait(key: string, now: number): number {
    return Math.max(0, (this.#byKey.get(key)?.until ?? 0) - now)
  }

  /**
   * It answered 429 and wants to be left alone for so long. Where it does not say, for `base`, and twice as long each
   * time it happens again. Answers to requests that were under way together count as one. Returns how long it is left
   * alone, in milliseconds, where that was not known yet.
   */
  limited(key: string, wanted: number | undefined, base: number, now: number): number | undefined {
    const limit = this.#byKey.get(key) ?? { until: 0, inARow: 0 }
    this.#byKey.set(key, limit)
    if (limit.until <= now) limit.inARow++
    else if (wanted === undefined) return undefined
    const wait = Math.min(wanted ?? base * 2 ** (limit.inARow - 1), LONGEST)
    if (now + wait <= limit.until) return undefined
    limit.until = now + wait
    return wait
  }

  /** It has worked, which says nothing while answers from before its limit come in. */
  worked(key: string, now: number): void {
    const limit = this.#byKey.get(key)
    if (limit && limit.until <= now) this.#byKey.delete(key)
  }
}
