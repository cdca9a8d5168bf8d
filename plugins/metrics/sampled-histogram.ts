import type { Sample } from 'lunaroute'
import type { Histogram, Registry } from 'prom-client'

/** A histogram that another plugin has counted already. Samples of the same labels and part are added up. */
export class SampledHistogram {
  readonly name: string
  readonly help: string
  readonly type = 'histogram'
  readonly aggregator = 'sum'
  readonly #values = new Map<
    string,
    { readonly labels: Sample['labels']; value: number; readonly metricName: string }
  >()

  constructor(registry: Registry, name: string, help: string) {
    this.name = name
    this.help = help
    // The registry asks a metric for its name and for what `get` returns, and nothing else.
    registry.registerMetric(this as unknown as Histogram)
  }

  add({ labels, value, part = 'count' }: Sample): void {
    const key = JSON.stringify([part, Object.entries(labels).sort()])
    const known = this.#values.get(key)
    if (known) known.value += value
    else this.#values.set(key, { labels, value, metricName: `${this.name}_${part}` })
  }

  async get() {
    const { name, help, type, aggregator } = this
    return { name, help, type, aggregator, values: [...this.#values.values()] }
  }
}
