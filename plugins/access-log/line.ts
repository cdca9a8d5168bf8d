import type { Exchange } from 'lunaroute'
import { maskHeader, maskQuery, maskText } from './mask.ts'

export interface Line {
  readonly exchange: string
  readonly method: string
  readonly path: string
  readonly query: string | undefined
  readonly status: number | undefined
  readonly outcome: string | undefined
  readonly error: string | undefined
  readonly listener: string
  readonly client: string
  readonly dialect: string
  readonly model: string | undefined
  readonly provider: string | undefined
  readonly attempts: number
  readonly duration_ms: number
  readonly ttfb_ms: number | undefined
  readonly upstream_ms: number | undefined
  readonly request_bytes: number
  readonly response_bytes: number
  readonly is_streaming: boolean
  readonly session: string | undefined
  readonly user_agent: string | undefined
}

/** What is worth knowing of an exchange that is over. What there was none of is left out of the line. */
export function lineOf(exchange: Exchange): Line {
  const { head, timings, attempts } = exchange
  const last = attempts.at(-1)
  const agent = head.get('user-agent')
  return {
    exchange: exchange.id,
    method: head.method,
    path: maskText(head.path),
    query: head.query === '' ? undefined : maskQuery(head.query),
    status: exchange.response?.status,
    outcome: exchange.outcome,
    error: exchange.error?.code,
    listener: exchange.listener,
    client: exchange.remoteAddress,
    dialect: exchange.dialect.name,
    model: maskedOf(last ? last.model : modelOf(exchange)),
    provider: last?.provider,
    attempts: attempts.length,
    duration_ms: rounded(timings.end),
    ttfb_ms: timings.firstByte > 0 ? rounded(timings.firstByte) : undefined,
    upstream_ms: last && rounded(last.endedAt - last.startedAt),
    request_bytes: exchange.requestBytes,
    response_bytes: exchange.responseBytes,
    is_streaming: exchange.isStreaming,
    session: maskedOf(sessionOf(exchange)),
    user_agent: maskedOf(agent),
  }
}

/** The line for a person. */
export function sentenceOf({ method, path, status, outcome, error, duration_ms, provider, model }: Line): string {
  const whom = provider === undefined ? '' : ` ${provider}${model === undefined ? '' : ` ${model}`}`
  const end = outcome === 'ok' ? '' : ` ${outcome}${error === undefined ? '' : ` ${error}`}`
  return `${method} ${path} ${status ?? '-'}${whom} ${Math.round(duration_ms)} ms${end}`
}

/** Where the time went: in the gateway before the last attempt, at its provider, and in the gateway after it. */
export function timingOf({ timings, attempts }: Exchange) {
  const last = attempts.at(-1)
  if (!last) return {}
  return {
    arrived_ms: rounded(timings.requestEnd),
    before_ms: rounded(last.startedAt),
    provider_ms: rounded(last.endedAt - last.startedAt),
    after_ms: rounded(timings.end - last.endedAt),
  }
}

/** Every header in and out, with whatever may be a secret masked. */
export function headersOf({ head, response }: Exchange) {
  return { request_headers: masked(head), response_headers: response ? masked(response) : undefined }
}

function masked(head: { names(): readonly string[]; get(name: string): string | undefined }) {
  return Object.fromEntries(head.names().map(name => [name, maskHeader(name, head.get(name))]))
}

function maskedOf(text: string | undefined): string | undefined {
  return text === undefined ? undefined : maskText(text)
}

// Both scan the body, and a body that no one had to read may turn out not to be JSON.
function modelOf({ request }: Exchange): string | undefined {
  try {
    return request?.modelLabel
  } catch {
    return undefined
  }
}

function sessionOf(exchange: Exchange): string | undefined {
  try {
    return exchange.session
  } catch {
    return undefined
  }
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100
}
