import { type AttemptOutcome, type Logger, type ProviderView, retryAfter } from 'lunaroute'
import type { KeyOptions } from './options.ts'
import { rendezvous } from './rendezvous.ts'

/** What a provider answers to a key that it does not take any more. */
export const REFUSED: readonly number[] = [401, 402, 403]
/** How many keys one request may try. Each that is refused is left out from then on. */
const MOST = 16

interface Key {
  readonly index: number
  readonly key: string
  readonly weight: number
  /** By performance.now(); infinite for as long as the configuration stays. */
  deadUntil: number
  coolUntil: number
}

/**
 * Which of a provider's keys goes along. Knows keys by their places in the config, and so lives no longer than a
 * generation: in another config the places may hold other keys.
 */
export class KeyRing {
  readonly #provider: string
  readonly #keys: readonly Key[]
  readonly #rotation: NonNullable<KeyOptions['rotation']>
  readonly #dead: number
  readonly #coolDown: number
  readonly #log: Logger
  #turn = 0

  constructor({ name, keys }: ProviderView, options: KeyOptions, log: Logger) {
    const { rotation = 'round-robin', dead_secs: dead = 0, cool_down_secs: coolDown = 60 } = options
    this.#provider = name
    this.#keys = Array.from({ length: keys }, (_, index) => {
      return { index, key: String(index), weight: 1, deadUntil: 0, coolUntil: 0 }
    })
    this.#rotation = rotation
    this.#dead = dead === 0 ? Number.POSITIVE_INFINITY : dead * 1000
    this.#coolDown = coolDown * 1000
    this.#log = log
  }

  /** Whether keys are chosen by what a request has in common with others. */
  get isSticky(): boolean {
    return this.#rotation === 'sticky'
  }

  /** The keys to try, in order. There is always one: where none is good, the provider itself says what is wrong. */
  order(affinity: Buffer | undefined): readonly number[] {
    const now = performance.now()
    const good = this.#keys.filter(each => isUsable(each, now))
    if (good.length > 0)
      return this.#ordered(good, affinity)
        .slice(0, MOST)
        .map(each => each.index)
    const cooling = this.#keys.filter(each => each.deadUntil <= now).sort((a, b) => a.coolUntil - b.coolUntil)
    return [(cooling[0] ?? this.#keys[0]!).index]
  }

  get hasUsable(): boolean {
    const now = performance.now()
    return this.#keys.some(each => isUsable(each, now))
  }

  isUsable(index: number): boolean {
    return isUsable(this.#keys[index]!, performance.now())
  }

  /** What became of an attempt with one of the keys. */
  ended(outcome: AttemptOutcome): void {
    const { key: index, head } = outcome
    const key = index === undefined ? undefined : this.#keys[index]
    if (!key || !isAboutKey(outcome)) return
    const status = outcome.toldStatus ?? outcome.status
    const now = performance.now()
    if (status !== 429) {
      key.deadUntil = now + this.#dead
      const text = `${this.#provider} refuses key ${key.index + 1} of ${this.#keys.length} with status ${status}; it is left out`
      this.#log.warn({ provider: this.#provider, status }, text)
    } else {
      key.coolUntil = Math.max(key.coolUntil, now + ((head && retryAfter(head)) ?? this.#coolDown))
    }
  }

  counts(): { readonly total: number; readonly usable: number; readonly cooling: number; readonly dead: number } {
    const now = performance.now()
    const dead = this.#keys.filter(each => each.deadUntil > now).length
    const usable = this.#keys.filter(each => isUsable(each, now)).length
    const total = this.#keys.length
    return { total, usable, cooling: total - usable - dead, dead }
  }

  #ordered(good: readonly Key[], affinity: Buffer | undefined): readonly Key[] {
    if (this.#rotation === 'first') return good
    if (affinity) return rendezvous(affinity, good)
    const at = this.#turn++ % good.length
    return [...good.slice(at), ...good.slice(0, at)]
  }
}

/** Whether what an attempt was answered is meant for its key, be it in a head or inside a 200. */
export function isAboutKey({ failure, toldStatus, status }: AttemptOutcome): boolean {
  const answer = toldStatus ?? status ?? 0
  return failure === undefined && (answer === 429 || REFUSED.includes(answer))
}

function isUsable({ deadUntil, coolUntil }: Key, now: number): boolean {
  return deadUntil <= now && coolUntil <= now
}
