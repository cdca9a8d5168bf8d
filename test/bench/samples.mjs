/** A growing list of numbers without an object per entry; `summary()` sorts it. */
export class Samples {
  #values = new Float64Array(1024)
  #count = 0

  add(value) {
    if (this.#count === this.#values.length) {
      const grown = new Float64Array(this.#count * 2)
      grown.set(this.#values)
      this.#values = grown
    }
    this.#values[this.#count++] = value
  }

  /** Percentiles of what was added, or null when nothing was. */
  summary() {
    if (this.#count === 0) return null
    const sorted = this.#values.subarray(0, this.#count).sort()
    const at = share => sorted[Math.min(this.#count - 1, Math.ceil(share * this.#count) - 1)]
    return { count: this.#count, p50: at(0.5), p95: at(0.95), p99: at(0.99) }
  }
}

/** The middle of the finite numbers in a list, or null when there is none. */
export function median(list) {
  const sorted = list.filter(Number.isFinite).sort((a, b) => a - b)
  if (sorted.length === 0) return null
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
