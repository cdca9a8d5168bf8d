import type { PoolStats, ProviderView } from 'lunaroute'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

const LABELS = ['provider', 'dialect'] as const

interface Followed {
  created: number
  reused: number
  users: number
  readonly stop: () => void
}

/** What upstream connections are counted in. A pool can serve several generations; it is followed once. */
export class PoolFamilies {
  readonly #followed = new Map<PoolStats, Followed>()
  readonly #created
  readonly #reused
  readonly #idle
  readonly #open
  readonly #lifetime
  readonly #config

  constructor(registry: Registry) {
    const registers = [registry]
    const family = (name: string, help: string) => ({ name, help, labelNames: LABELS, registers })
    this.#created = new Counter(family('http_pool_connections_created_total', 'Connections opened to providers.'))
    this.#reused = new Counter(
      family('http_pool_connections_reused_total', 'Requests sent on a connection used before.'),
    )
    this.#idle = new Gauge(family('http_pool_connections_idle', 'Connections open and not in use.'))
    this.#open = new Gauge(family('http_pool_connections_open', 'Connections open, in use or not.'))
    this.#lifetime = new Histogram({
      ...family('http_pool_connection_lifetime_seconds', 'Age of connections when they closed.'),
      buckets: [1, 5, 10, 30, 60, 120, 300, 600],
    })
    this.#config = new Gauge({
      name: 'http_pool_config',
      help: 'Settings of the connections to providers.',
      labelNames: ['provider', 'setting'],
      registers,
    })
  }

  /** Follows the providers' pools until the returned function is called. */
  follow(providers: readonly ProviderView[]): () => void {
    const measured = providers.filter(each => each.pool.isMeasured)
    for (const provider of measured) this.#add(provider)
    return () => {
      this.#read(measured)
      for (const { pool } of measured) this.#remove(pool)
    }
  }

  /** Brings the families up to date, for the providers there are now. */
  refresh(providers: readonly ProviderView[]): void {
    const measured = providers.filter(each => each.pool.isMeasured)
    this.#read(measured)
    for (const gauge of [this.#idle, this.#open, this.#config]) gauge.reset()
    for (const provider of measured) {
      const { pool, name } = provider
      this.#idle.set(labelsOf(provider), pool.idle)
      this.#open.set(labelsOf(provider), pool.open)
      for (const [setting, value] of Object.entries(pool.settings)) {
        this.#config.set({ provider: name, setting }, value)
      }
    }
  }

  close(): void {
    for (const { stop } of this.#followed.values()) stop()
    this.#followed.clear()
  }

  #add(provider: ProviderView): void {
    const { pool } = provider
    const followed = this.#followed.get(pool)
    if (followed) {
      followed.users++
      return
    }
    const lifetime = this.#lifetime.labels(labelsOf(provider))
    const stop = pool.onClosed(age => lifetime.observe(age))
    this.#followed.set(pool, { created: 0, reused: 0, users: 1, stop })
  }

  #remove(pool: PoolStats): void {
    const followed = this.#followed.get(pool)
    if (!followed || --followed.users > 0) return
    followed.stop()
    this.#followed.delete(pool)
  }

  /** A pool counts from its own beginning, a family from the gateway's: add what is new. */
  #read(providers: readonly ProviderView[]): void {
    for (const provider of providers) {
      const { pool } = provider
      const followed = this.#followed.get(pool)
      if (!followed) continue
      const { created, reused } = pool
      this.#created.inc(labelsOf(provider), created - followed.created)
      this.#reused.inc(labelsOf(provider), reused - followed.reused)
      followed.created = created
      followed.reused = reused
    }
  }
}

function labelsOf({ name, dialects }: ProviderView): { provider: string; dialect: string } {
  return { provider: name, dialect: dialects.join(',') }
}
