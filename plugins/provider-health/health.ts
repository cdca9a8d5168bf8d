import { LRUCache } from 'lru-cache'
import { Window } from './window.ts'

export type Health = 'unknown' | 'healthy' | 'degraded' | 'unhealthy'

/** When a provider is what. */
export interface HealthRules {
  /** Milliseconds. */
  readonly window: number
  /** Success rates: at or above the one it is healthy, below the other unhealthy. */
  readonly healthy: number
  readonly unhealthy: number
  /** Attempts in the window before the rate counts. */
  readonly least: number
  /** Milliseconds to the first byte that 95 % of the answers have to keep to; 0 for any. */
  readonly slow: number
  /** Failed probes in a row that make it unhealthy. */
  readonly failedProbes: number
}

/** What the probes of one provider have come to. */
export interface Probes {
  /** By performance.now(); of the last one sent. */
  sentAt: number
  failedInARow: number
  ok: number
  failed: number
  /** The status of the last one, or why it had none. */
  last: string | undefined
  milliseconds: number | undefined
}

/** How many models are told apart; of more, those that nobody asked for the longest time are forgotten. */
const MAX_MODELS = 1000

/** What is known of every provider and, where asked for, of its models. Lives as long as the gateway. */
export class ProviderHealth {
  readonly #providers = new Map<string, Window>()
  readonly #models = new LRUCache<string, { readonly provider: string; readonly model: string; window: Window }>({
    max: MAX_MODELS,
  })
  readonly #probes = new Map<string, Probes>()

  /** The window of a provider. One of another length than before begins empty. */
  provider(name: string, length: number): Window {
    let window = this.#providers.get(name)
    if (window?.length !== length) {
      window = new Window(length)
      this.#providers.set(name, window)
    }
    return window
  }

  model(provider: string, model: string, length: number): Window {
    const key = `${provider}\n${model}`
    let entry = this.#models.get(key)
    if (!entry) {
      entry = { provider, model, window: new Window(length) }
      this.#models.set(key, entry)
    } else if (entry.window.length !== length) entry.window = new Window(length)
    return entry.window
  }

  models(provider: string): readonly { readonly model: string; readonly window: Window }[] {
    return [...this.#models.values()].filter(each => each.provider === provider)
  }

  probes(provider: string): Probes {
    let probes = this.#probes.get(provider)
    if (!probes) {
      probes = { sentAt: 0, failedInARow: 0, ok: 0, failed: 0, last: undefined, milliseconds: undefined }
      this.#probes.set(provider, probes)
    }
    return probes
  }
}

/** What the attempts of a window, and the probes, say together. */
export function healthOf(window: Window, probes: Probes, rules: HealthRules, now: number): Health {
  if (probes.failedInARow >= rules.failedProbes) return 'unhealthy'
  const { ok, failed } = window.recent(now)
  // A failure with no success beside it says enough.
  if (failed > 0 && ok === 0) return 'unhealthy'
  if (failed > 0 && ok + failed < rules.least) return 'unknown'
  const rate = ok / (ok + failed)
  if (rate < rules.unhealthy) return 'unhealthy'
  if (rate < rules.healthy) return 'degraded'
  if (ok === 0) return probes.ok > 0 && probes.failedInARow === 0 ? 'healthy' : 'unknown'
  return rules.slow > 0 && (window.latency(0.95, now) ?? 0) > rules.slow ? 'degraded' : 'healthy'
}
