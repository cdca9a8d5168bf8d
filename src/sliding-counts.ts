/** Into how many steps a window is divided: what it forgets, it forgets a tenth at a time. */
const STEPS = 10

/** A few counters over the last so many milliseconds. Times are given to it, by any clock that does not run backwards. */
export class SlidingCounts {
  readonly #step: number
  readonly #slots: readonly Float64Array[]
  /** Which step of the clock each slot counts. */
  readonly #numbers: Float64Array
  readonly #width: number

  /** `width`: how many counters. `length`: of the window, in milliseconds. */
  constructor(width: number, length: number) {
    this.#width = width
    this.#step = length / STEPS
    this.#slots = Array.from({ length: STEPS }, () => new Float64Array(width))
    this.#numbers = new Float64Array(STEPS).fill(Number.NEGATIVE_INFINITY)
  }

  /** Adds to the counter at `index`. */
  add(index: number, now: number, amount = 1): void {
    const number = Math.floor(now / this.#step)
    const at = number % STEPS
    const slot = this.#slots[at]!
    if (this.#numbers[at] !== number) {
      slot.fill(0)
      this.#numbers[at] = number
    }
    slot[index]! += amount
  }

  /** What each counter has come to within the window. */
  sums(now: number): Float64Array {
    const sums = new Float64Array(this.#width)
    const oldest = Math.floor(now / this.#step) - STEPS
    for (let at = 0; at < STEPS; at++) {
      if (this.#numbers[at]! <= oldest) continue
      const slot = this.#slots[at]!
      for (let i = 0; i < slot.length; i++) sums[i]! += slot[i]!
    }
    return sums
  }

  clear(): void {
    this.#numbers.fill(Number.NEGATIVE_INFINITY)
  }
}
