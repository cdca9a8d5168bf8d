import type { Logger, PluginApi } from 'lunaroute'
import type { ProviderHealth } from './health.ts'

export interface ProberSettings {
  readonly providers: readonly string[]
  readonly path: string | undefined
  /** Milliseconds. */
  readonly interval: number
  readonly timeout: number
}

/** How long after its start a generation probes first, in milliseconds: one that is only looked at is gone by then. */
const FIRST = 500

/** Asks providers at intervals whether they live. */
export class Prober {
  readonly #health: ProviderHealth
  readonly #settings: ProberSettings
  readonly #probe: PluginApi['probe']
  readonly #log: Logger
  #timer: NodeJS.Timeout

  constructor(health: ProviderHealth, settings: ProberSettings, { probe, log }: PluginApi) {
    this.#health = health
    this.#settings = settings
    this.#probe = probe
    this.#log = log
    this.#timer = setTimeout(this.#round, Math.min(FIRST, settings.interval)).unref()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  readonly #round = (): void => {
    const { providers, interval } = this.#settings
    this.#timer = setTimeout(this.#round, interval).unref()
    for (const name of providers) void this.#ask(name)
  }

  async #ask(provider: string): Promise<void> {
    const { path, timeout, interval } = this.#settings
    const probes = this.#health.probes(provider)
    const now = performance.now()
    // A generation that is on its way out probes too, until its last request has left.
    if (probes.sentAt > 0 && now - probes.sentAt < interval / 2) return
    probes.sentAt = now
    const { status, reason, milliseconds } = await this.#probe(provider, { path, timeout })
    const isAlive = status !== undefined && status < 500
    const last = status === undefined ? reason : String(status)
    if (isAlive !== (probes.failedInARow === 0) || probes.last === undefined) {
      this.#log[isAlive ? 'info' : 'warn'](
        { provider, last },
        `${provider} ${isAlive ? 'answers' : 'fails'} when probed`,
      )
    }
    probes.last = last
    probes.milliseconds = milliseconds
    probes.failedInARow = isAlive ? 0 : probes.failedInARow + 1
    if (isAlive) probes.ok++
    else probes.failed++
  }
}
