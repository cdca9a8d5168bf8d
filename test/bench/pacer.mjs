/**
 * Runs many periodic tasks from one timer. A task is due at its own start plus a multiple of its period, so late ticks do
 * not add up; it runs until it returns false.
 */
export class Pacer {
  #buckets = new Map()
  #tick = 0
  #running = false

  /** Calls `task` now and every `period` milliseconds after. */
  every(period, task) {
    if (!task()) return
    if (this.#buckets.size === 0) this.#tick = Math.floor(performance.now())
    this.#put({ due: performance.now() + period, period, task })
    if (!this.#running) this.#wait()
  }

  #put(entry) {
    const slot = Math.max(Math.ceil(entry.due), this.#tick + 1)
    const bucket = this.#buckets.get(slot)
    if (bucket === undefined) this.#buckets.set(slot, [entry])
    else bucket.push(entry)
  }

  #wait() {
    this.#running = this.#buckets.size > 0
    if (this.#running) setTimeout(() => this.#run(), 1)
  }

  #run() {
    const now = Math.floor(performance.now())
    while (this.#tick < now) {
      const bucket = this.#buckets.get(++this.#tick)
      if (bucket === undefined) continue
      this.#buckets.delete(this.#tick)
      for (const entry of bucket) {
        if (!entry.task()) continue
        entry.due += entry.period
        this.#put(entry)
      }
    }
    this.#wait()
  }
}
