import type { GatewayView } from 'lunaroute'
import { Counter, Gauge, type Registry } from 'prom-client'

/** What the gateway tells of itself. */
export class GatewayFamilies {
  readonly #inFlight
  readonly #generation
  readonly #isLoaded
  readonly #refusals
  #refused = 0

  constructor(registry: Registry, version: string) {
    const gauge = (name: string, help: string) => new Gauge({ name, help, registers: [registry] })
    const labels = { version, node_version: process.versions.node }
    const build = { name: 'lunaroute_build_info', help: 'Always 1; its labels say what runs.' }
    new Gauge({ ...build, labelNames: Object.keys(labels), registers: [registry] }).set(labels, 1)
    this.#inFlight = gauge('lunaroute_requests_in_flight', 'Requests that are not over, without the one that asks.')
    this.#generation = gauge('lunaroute_config_generation', 'Counts up with each configuration that took effect.')
    this.#isLoaded = gauge(
      'lunaroute_config_last_reload_successful',
      '0 while the last edit of the configuration is refused.',
    )
    this.#refusals = new Counter({
      name: 'lunaroute_config_reload_failures_total',
      help: 'Edits of the configuration that were refused.',
      registers: [registry],
    })
  }

  refresh(gateway: GatewayView): void {
    const { generation, error, refusals } = gateway.config()
    this.#inFlight.set(Math.max(0, gateway.inFlight() - 1))
    this.#generation.set(generation)
    this.#isLoaded.set(error ? 0 : 1)
    this.#refusals.inc(refusals - this.#refused)
    this.#refused = refusals
  }
}
