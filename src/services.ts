import { defineService } from './service.ts'

/** How some part of the gateway stands. `degraded` is shown; `failed` makes the gateway not ready (503 at /readyz). */
export interface Status {
  readonly state: 'ok' | 'degraded' | 'failed'
  /** What is wrong and what helps, in a sentence. Holds no secret. */
  readonly message?: string
  /** More of it, for operators. Sent as JSON. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** Tells how something stands: shown at /readyz, and whole at /admin/status and /admin/<name>. */
export interface StatusSource {
  readonly name: string
  read(): Status
}

export const statusService = defineService<StatusSource>('status')

/** Tells how a provider stands: `{ status: 'healthy', success_rate: 0.99 }`. Fields of all sources make one object. */
export type ProviderStatusSource = (provider: string) => Readonly<Record<string, unknown>> | undefined

export const providerStatusService = defineService<ProviderStatusSource>('provider status')

/** One value of a metric. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  /** In a histogram: which of its numbers it is. A bucket has its upper bound in the label `le`, and counts those below. */
  readonly part?: 'bucket' | 'sum' | 'count'
}

/** A metric family of a plugin. It is read when metrics are asked for, so counting costs no more than an addition. */
export interface Meter {
  /** With its unit and, for a counter, `_total`, by Prometheus' rules: `lunaroute_retries_total`. */
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly labels: readonly string[]
  /** Counters never fall; keep what they count over reloads. */
  read(): Iterable<Sample>
}

export const meterService = defineService<Meter>('meter')
