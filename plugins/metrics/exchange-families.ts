import type { AttemptOutcome, Exchange } from 'lunaroute'
import type { Registry } from 'prom-client'
import { BoundedValues } from './bounded.ts'
import type { ChunkCount } from './chunks.ts'
import { createFamilies, type Families } from './families.ts'
import { Series } from './series.ts'

/** What exchanges are counted and timed in. Names, labels and buckets are those of LunaRoute's earlier releases. */
export class ExchangeFamilies {
  readonly #models = new BoundedValues()
  readonly #errors = new BoundedValues()
  readonly #series = new Map<string, Series>()
  readonly #families: Families
  readonly #times

  constructor(registry: Registry) {
    this.#families = createFamilies(registry)
    const { ingress, routing, post, overhead } = this.#families
    this.#times = {
      ingress: ingress.child({}),
      routing: routing.child({}),
      post: post.child({}),
      overhead: overhead.child({}),
    }
  }

  /** Counts an exchange that is over. Pages the gateway answered by itself, such as this plugin's own, are not counted. */
  record(exchange: Exchange, maxModels: number, chunks: ChunkCount | undefined): void {
    const { attempts, outcome, endpoint } = exchange
    const last = attempts.at(-1)
    if (!last && endpoint === null && outcome === 'ok') return
    const provider = last?.provider ?? NONE
    const model = last ? this.#model(last, maxModels) : NONE
    const series = this.#of(exchange.listener, model, provider)
    series.total++
    if (outcome === 'ok') series.success++
    else series.failed(this.#errors.admit(errorType(exchange), MAX_ERRORS))
    series.duration.observe(exchange.timings.end / 1000)
    series.requestBytes += exchange.requestBytes
    series.responseBytes += exchange.responseBytes
    if (last) this.#recordPhases(exchange, last, series)
    if (last && endpoint === null) this.#families.bypass.inc({ provider }, 1)
    if (outcome === 'ok' && isStream(exchange)) series.streamed(exchange, chunks)
  }

  /** Brings the counters up to date, for the page that is asked for. */
  flush(): void {
    for (const series of this.#series.values()) series.flush()
  }

  #recordPhases({ timings, attempts, outcome }: Exchange, last: AttemptOutcome, series: Series): void {
    const times = this.#times
    series.egress.observe((last.endedAt - last.startedAt) / 1000)
    if (timings.requestEnd === 0) return
    times.ingress.observe(timings.requestEnd / 1000)
    times.routing.observe((attempts[0]!.startedAt - timings.requestEnd) / 1000)
    if (outcome !== 'ok') return
    times.post.observe((timings.end - last.endedAt) / 1000)
    let upstream = 0
    for (const { startedAt, endedAt } of attempts) upstream += endedAt - startedAt
    times.overhead.observe((timings.end - timings.requestEnd - upstream) / 1000)
  }

  /** A name the provider refused to know is the client's own invention, unless it has worked before. */
  #model({ model, status }: AttemptOutcome, limit: number): string {
    if (model === undefined) return NONE
    return this.#models.admit(model, limit, !(status === 400 || status === 404 || status === 422))
  }

  #of(listener: string, model: string, provider: string): Series {
    const key = `${listener}\n${provider}\n${model}`
    let series = this.#series.get(key)
    if (!series) {
      series = new Series(this.#families, { listener, model, provider })
      this.#series.set(key, series)
    }
    return series
  }
}

const NONE = 'none'
/** Codes and statuses are few; a plugin that makes up codes is kept from flooding. */
const MAX_ERRORS = 200

/** The gateway's code for it, or what the provider answered. */
function errorType({ error, outcome, response }: Exchange): string {
  if (error) return error.code
  return outcome === 'cancelled' ? 'cancelled' : `upstream_${response?.status ?? 'none'}`
}

function isStream({ request, isStreaming }: Exchange): boolean {
  if (!isStreaming || !request) return false
  try {
    return request.isStream
  } catch {
    // Reading the field scans the body, which may turn out not to be JSON.
    return false
  }
}
