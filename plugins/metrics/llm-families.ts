import { callerSlot, type Exchange, usageSlot } from 'lunaroute'
import { Counter, type Registry } from 'prom-client'
import { BoundedValues } from './bounded.ts'
import { errorWord } from './error-word.ts'
import { FastHistogram } from './fast-histogram.ts'

const KEY = ['api_key', 'api_key_hash'] as const
const REQUEST = [...KEY, 'provider', 'model'] as const

type KeyLabels = Partial<Record<(typeof KEY)[number], string>>

/** What the requests of each key come to. Names and labels are those of the LLM Gateway. */
export class LlmFamilies {
  readonly #hasHash: boolean
  readonly #models = new BoundedValues()
  readonly #requests
  readonly #tokens
  readonly #errors
  readonly #duration

  constructor(registry: Registry, hasHash: boolean) {
    this.#hasHash = hasHash
    const registers = [registry]
    const without = <L extends string>(labels: readonly L[]) =>
      labels.filter(each => hasHash || each !== 'api_key_hash')
    const counter = <L extends string>(name: string, help: string, labels: readonly L[]) =>
      new Counter<L>({ name, help, labelNames: without(labels), registers })
    this.#requests = counter('llm_requests_total', 'Requests that are over.', REQUEST)
    this.#tokens = counter('llm_tokens_total', 'Tokens, as the providers count them.', [...REQUEST, 'type'])
    this.#errors = counter('llm_errors_total', 'Requests that failed, by why.', [...KEY, 'provider', 'error_type'])
    this.#duration = new FastHistogram<(typeof REQUEST)[number]>(registry, {
      name: 'llm_request_duration_seconds',
      help: 'From the arrival of a request to the last byte of its answer.',
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300],
      labelNames: without(REQUEST),
    })
  }

  /** Counts an exchange that is over. What the gateway answered by itself, such as its models, is none. */
  record(exchange: Exchange, maxModels: number): void {
    const { attempts, endpoint, outcome, timings } = exchange
    const last = attempts.at(-1)
    if (endpoint === null || (!last && outcome === 'ok')) return
    const { name, keyHash } = exchange.use(callerSlot)
    const key: KeyLabels = { api_key: name ?? NONE, ...(this.#hasHash && { api_key_hash: keyHash ?? NONE }) }
    const provider = last?.provider ?? NONE
    const labels = { ...key, provider, model: this.#model(exchange, maxModels) }
    this.#requests.inc(labels)
    this.#duration.child(labels as Record<keyof typeof labels, string>).observe(timings.end / 1000)
    if (outcome !== 'ok') this.#errors.inc({ ...key, provider, error_type: errorWord(exchange) })
    const { usage } = exchange.use(usageSlot)
    if (usage?.inputTokens) this.#tokens.inc({ ...labels, type: 'input' }, usage.inputTokens)
    if (usage?.outputTokens) this.#tokens.inc({ ...labels, type: 'output' }, usage.outputTokens)
  }

  remove(registry: Registry): void {
    for (const name of NAMES) registry.removeSingleMetric(name)
  }

  /** The client's name for the model. One that no provider was asked for, or knew, is the client's own invention. */
  #model({ attempts, request }: Exchange, limit: number): string {
    const last = attempts.at(-1)
    if (!last || !request) return NONE
    const isWelcome = ![400, 404, 422].includes(last.status ?? 0)
    return this.#models.admit(request.modelLabel ?? NONE, limit, isWelcome)
  }
}

const NONE = 'none'
const NAMES = ['llm_requests_total', 'llm_tokens_total', 'llm_errors_total', 'llm_request_duration_seconds']
