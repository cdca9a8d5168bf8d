import { median } from './samples.mjs'

/** One subject's figures of one run: CPU per unit of work, its latencies in ms, and what it adds to a direct request. */
export function figuresOf(run, result, direct) {
  const { subject } = result
  const chunks = subject.delay?.count ?? 0
  const units = run.unit === 'chunk' ? chunks : subject.requests
  const cpuUs = units > 0 ? result.cpuNs / 1e3 / units : null
  const own = latenciesOf(subject)
  // A paired run carries its own direct half; any other is compared with the direct subject of the same round.
  const base = result.direct === null ? direct : latenciesOf(result.direct)
  const added = base && Object.fromEntries(Object.entries(own).map(([key, value]) => [key, minus(value, base[key])]))
  return {
    cpuUs,
    mainUs: units > 0 ? result.mainNs / 1e3 / units : null,
    cpuPercent: run.eventsPerSecond ? (cpuUs * run.eventsPerSecond) / 1e4 : null,
    own,
    added: added ?? {},
    perSecond: subject.requests / result.seconds,
    rssMb: result.rssMb,
    requests: subject.requests,
    errors: subject.errors + (result.direct?.errors ?? 0),
    problem: subject.problem ?? result.direct?.problem ?? null,
  }
}

/** All figures of all rounds: `of` reads the median of one, `ratio` the median of the ratios within each round. */
export class Measures {
  #rounds = []
  #starts = new Map()
  /** Requests of all rounds that got no complete reply. */
  errors = 0

  addStart(subject, ms) {
    if (ms === null) return
    if (!this.#starts.has(subject)) this.#starts.set(subject, [])
    this.#starts.get(subject).push(ms)
  }

  add(round, run, subject, figures) {
    this.#rounds[round] ??= {}
    this.#rounds[round][run] ??= {}
    this.#rounds[round][run][subject] = figures
    this.errors += figures.errors
  }

  direct(round, run) {
    return this.#rounds[round]?.[run]?.direct?.own ?? null
  }

  startMs(subject) {
    return median(this.#starts.get(subject) ?? [])
  }

  of(run, subject, read) {
    return median(this.#figures(run, subject).map(read))
  }

  /** The sum over the rounds, for what must not be averaged away. */
  sum(run, subject, read) {
    return this.#figures(run, subject).reduce((sum, figures) => sum + read(figures), 0)
  }

  ratio(run, subject, other, read) {
    const ratios = this.#rounds.map(round => {
      const [above, below] = [round[run]?.[subject], round[run]?.[other]]
      return above && below && read(below) > 0 ? read(above) / read(below) : Number.NaN
    })
    return median(ratios)
  }

  difference(run, subject, other, read) {
    const differences = this.#rounds.map(round => {
      const [one, without] = [round[run]?.[subject], round[run]?.[other]]
      return one && without ? read(one) - read(without) : Number.NaN
    })
    return median(differences)
  }

  has(run, subject) {
    return this.#figures(run, subject).length > 0
  }

  toJSON() {
    return { starts: Object.fromEntries(this.#starts), rounds: this.#rounds }
  }

  #figures(run, subject) {
    return this.#rounds.flatMap(round => round?.[run]?.[subject] ?? [])
  }
}

function latenciesOf({ latency, firstByte, delay }) {
  const ms = (summary, key) => (summary === null ? null : summary[key] / 1e3)
  return {
    p50: ms(latency, 'p50'),
    p95: ms(latency, 'p95'),
    p99: ms(latency, 'p99'),
    firstByteP50: ms(firstByte, 'p50'),
    delayP50: ms(delay, 'p50'),
    delayP99: ms(delay, 'p99'),
  }
}

function minus(value, base) {
  return value === null || base === null ? null : value - base
}
