import type { Logger, Meter, Sample } from 'lunaroute'
import { Counter, Gauge, Registry } from 'prom-client'
import { SampledHistogram } from './sampled-histogram.ts'

type Family = Counter<string> | Gauge<string> | SampledHistogram

/** Families that other plugins count. Made anew for each page: counting costs them no more than an addition. */
export class Meters {
  readonly #log: Logger
  readonly #refused = new Set<string>()

  constructor(log: Logger) {
    this.#log = log
  }

  /** What the meters say now. Those that share a name, a type and labels make one family. */
  read(meters: readonly Meter[], isTaken: (name: string) => boolean): Registry {
    const registry = new Registry()
    const families = new Map<string, { readonly meter: Meter; readonly family: Family }>()
    for (const meter of meters) {
      const first = families.get(meter.name)
      const problem = isTaken(meter.name)
        ? 'the name is taken'
        : (problemOf(meter) ?? (first && clashOf(meter, first.meter)))
      if (problem) {
        this.#refuse(meter.name, problem)
        continue
      }
      const family = first?.family ?? familyOf(meter, registry)
      families.set(meter.name, { meter, family })
      this.#fill(family, meter)
    }
    return registry
  }

  #fill(family: Family, meter: Meter): void {
    try {
      for (const sample of meter.read()) add(family, sample)
    } catch (error) {
      this.#log.error({ err: error, family: meter.name }, 'a family of metrics could not be read')
    }
  }

  /** Says it once: pages are fetched every few seconds. */
  #refuse(name: string, problem: string): void {
    if (this.#refused.has(`${name} ${problem}`)) return
    this.#refused.add(`${name} ${problem}`)
    this.#log.error({ family: name }, `the metric ${name} of a plugin is left out: ${problem}`)
  }
}

function add(family: Family, sample: Sample): void {
  if (family instanceof SampledHistogram) family.add(sample)
  else if (family instanceof Counter) family.inc(sample.labels, sample.value)
  else family.set(sample.labels, sample.value)
}

const NAME = /^[a-z][a-z0-9_]*$/

function problemOf({ name, type, labels }: Meter): string | undefined {
  if (!NAME.test(name)) return 'its name is not in lower case letters, digits and underscores'
  if ((type === 'counter') !== name.endsWith('_total'))
    return 'the names of counters, and of nothing else, end in _total'
  const label = labels.find(each => !NAME.test(each) || each.startsWith('__') || each === 'le')
  return label === undefined ? undefined : `"${label}" cannot be a label`
}

function clashOf(meter: Meter, first: Meter): string | undefined {
  const isSame = meter.type === first.type && [...meter.labels].sort().join() === [...first.labels].sort().join()
  return isSame ? undefined : 'another plugin has a family of that name with another type or other labels'
}

function familyOf({ name, help, type, labels }: Meter, registry: Registry): Family {
  const options = { name, help, labelNames: labels, registers: [registry] }
  if (type === 'histogram') return new SampledHistogram(registry, name, help)
  return type === 'counter' ? new Counter(options) : new Gauge(options)
}
