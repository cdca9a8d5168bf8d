import { setImmediate } from 'node:timers/promises'
import type { GatewayView, ProviderView } from 'lunaroute'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { ExchangeFamilies } from './exchange-families.ts'
import { GatewayFamilies } from './gateway-families.ts'
import { LlmFamilies } from './llm-families.ts'
import { PoolFamilies } from './pool-families.ts'

/** All families on a registry of their own. Lives as long as the gateway, so that no reload resets a counter. */
export class Metrics {
  readonly exchanges: ExchangeFamilies
  readonly pools: PoolFamilies
  readonly #gateway: GatewayFamilies
  readonly #registry = new Registry()
  #llm: { readonly families: LlmFamilies; readonly hasHash: boolean } | undefined
  #hasProcess = false

  constructor(version: string) {
    this.exchanges = new ExchangeFamilies(this.#registry)
    this.pools = new PoolFamilies(this.#registry)
    this.#gateway = new GatewayFamilies(this.#registry, version)
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** The families by key, from the first time they are asked for. Another set of labels begins them anew. */
  llm(hasHash: boolean): LlmFamilies {
    if (this.#llm?.hasHash !== hasHash) {
      this.#llm?.families.remove(this.#registry)
      this.#llm = { families: new LlmFamilies(this.#registry, hasHash), hasHash }
    }
    return this.#llm.families
  }

  /** Everything as text. Process metrics begin with the first call: they cost a timer and an observer. */
  async render({ gateway, providers, hasProcess, meters }: Page): Promise<string> {
    if (hasProcess && !this.#hasProcess) {
      this.#hasProcess = true
      collectDefaultMetrics({ register: this.#registry })
    }
    this.exchanges.flush()
    this.#gateway.refresh(gateway)
    this.pools.refresh(providers)
    const others = meters(name => this.#registry.getSingleMetric(name) !== undefined)
    return `${[...(await textOf(this.#registry)), ...(await textOf(others))].join('\n\n')}\n`
  }
}

/** What a page is made from. */
export interface Page {
  readonly gateway: GatewayView
  readonly providers: readonly ProviderView[]
  readonly hasProcess: boolean
  /** Families that other plugins count, but for those whose name is taken. */
  meters(isTaken: (name: string) => boolean): Registry
}

/** Family by family, letting streams through in between: 200 models make a megabyte, and 30 ms of work at one go. */
async function textOf(registry: Registry): Promise<string[]> {
  const parts: string[] = []
  let since = performance.now()
  for (const { name } of registry.getMetricsAsArray()) {
    parts.push(await registry.getSingleMetricAsString(name))
    if (performance.now() - since < MAX_TURN) continue
    await setImmediate()
    since = performance.now()
  }
  return parts
}

/** Milliseconds of work before others get their turn. */
const MAX_TURN = 1
