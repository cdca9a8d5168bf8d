import type { Logger } from 'lunaroute'
import type { Recording } from './counts.ts'
import { Engine } from './engine.ts'
import { Feed } from './feed.ts'
import type { EngineSpec } from './spec.ts'
import { add, NO_TALLY } from './tally.ts'

/**
 * Holds the engine over reloads: a generation with the same settings goes on with it, another one gets its own, and the
 * one before is closed when the last generation that used it has gone.
 */
export class Hub {
  readonly #users = new Map<Engine, number>()
  readonly #closing = new Map<Engine, Promise<void>>()
  /** Of engines that have ended. */
  #past = NO_TALLY
  /** Tells of what its engines have recorded. */
  readonly feed: Feed
  readonly #startedAt = Date.now()
  #current: Engine | undefined
  #key = ''

  constructor(onError: (error: unknown) => void) {
    this.feed = new Feed(onError, following => {
      for (const engine of this.#users.keys()) engine.following = following
    })
  }

  get current(): Engine | undefined {
    return this.#current
  }

  get recording(): Recording | undefined {
    if (!this.#current) return undefined
    const engines = [...this.#users.keys(), ...this.#closing.keys()]
    const tally = engines.reduce((sums, each) => add(sums, each.counts.tally), this.#past)
    return { counts: this.#current.counts, tally }
  }

  /** The engine for these settings. To be let go of by `leave`. */
  enter(spec: EngineSpec, log: Logger): Engine {
    const key = JSON.stringify(spec.worker)
    const before = this.#current
    if (before && this.#key === key) {
      void before.replaceWriters(spec.writers)
      this.#users.set(before, (this.#users.get(before) ?? 0) + 1)
      return before
    }
    const engine = new Engine(spec, log, events => this.feed.tell(events), this.#startedAt)
    engine.following = this.feed.following
    this.#users.set(engine, 1)
    this.#current = engine
    this.#key = key
    if (before && this.#users.get(before) === 0) void this.#close(before)
    return engine
  }

  /** An engine that serves on stays: the next generation may not have asked for it yet. */
  async leave(engine: Engine): Promise<void> {
    const users = (this.#users.get(engine) ?? 1) - 1
    this.#users.set(engine, users)
    if (users === 0 && engine !== this.#current) await this.#close(engine)
  }

  async close(): Promise<void> {
    for (const engine of this.#users.keys()) void this.#close(engine)
    await Promise.all(this.#closing.values())
  }

  async #close(engine: Engine): Promise<void> {
    if (!this.#users.delete(engine)) return
    const closed = engine.close().finally(() => {
      this.#closing.delete(engine)
      this.#past = add(this.#past, engine.counts.tally)
    })
    this.#closing.set(engine, closed)
    await closed
  }
}
