import {
  type ErrorHead,
  type ErrorKind,
  Fields,
  isObject,
  type NeutralError,
  restore,
  type WireError,
} from 'lunaroute/neutral'
import { DIALECT } from './name.ts'

const KINDS: Readonly<Record<string, ErrorKind>> = {
  invalid_request_error: 'invalidRequest',
  authentication_error: 'authentication',
  billing_error: 'billing',
  permission_error: 'permission',
  not_found_error: 'notFound',
  request_too_large: 'tooLarge',
  rate_limit_error: 'rateLimit',
  api_error: 'server',
  overloaded_error: 'overloaded',
  timeout_error: 'timeout',
}

const WORDS: Readonly<Record<ErrorKind, readonly [type: string, status: number]>> = {
  invalidRequest: ['invalid_request_error', 400],
  contextLength: ['invalid_request_error', 400],
  unprocessable: ['invalid_request_error', 400],
  authentication: ['authentication_error', 401],
  billing: ['billing_error', 402],
  quota: ['rate_limit_error', 429],
  permission: ['permission_error', 403],
  notFound: ['not_found_error', 404],
  tooLarge: ['request_too_large', 413],
  rateLimit: ['rate_limit_error', 429],
  server: ['api_error', 500],
  cut: ['api_error', 502],
  other: ['api_error', 500],
  overloaded: ['overloaded_error', 529],
  timeout: ['timeout_error', 504],
}

const TOO_LONG = /prompt is too long: (\d+) tokens > (\d+) maximum/
const TOO_MUCH = /exceed context limit: (\d+) \+ (\d+) > (\d+)/

/** What a stream comes to that ends before its answer does. */
export const CUT: NeutralError = {
  kind: 'cut',
  message: 'the provider ended the stream before the answer was complete',
}

/** Reads an error answer, or the payload of an `error` event. */
export function readError(body: unknown, head?: ErrorHead): NeutralError {
  const status = head?.status
  const retry = Number(head?.get('retry-after'))
  const retryAfter = head?.get('retry-after') && Number.isFinite(retry) ? retry * 1000 : undefined
  if (!isObject(body)) {
    const message = typeof body === 'string' && body !== '' ? body : 'the provider gave no reason'
    return { kind: kindOf(undefined, status), dialect: DIALECT, status, message, retryAfter }
  }
  const f = new Fields(body)
  f.constant('type', 'error')
  f.optional('type', 'error')
  const e = f.nested('error')
  e?.optional('type', 'message')
  const [type, message] = [e?.string('type'), e?.string('message')]
  const tokens = readTokens(message ?? '')
  return {
    kind: tokens ? 'contextLength' : kindOf(type, status),
    dialect: DIALECT,
    status,
    type,
    message: message ?? '',
    requestId: f.string('request_id'),
    retryAfter,
    tokens,
    extra: f.extra(DIALECT),
  }
}

/** Writes an error. A context overflow takes the wording that clients compact on. */
export function writeError(error: NeutralError): WireError {
  const isOwn = error.dialect === DIALECT
  const [word, usual] = WORDS[error.kind]
  const type = isOwn ? error.type : word
  const message = isOwn ? error.message || undefined : wording(error)
  const written = {
    error: type === undefined && message === undefined ? undefined : { type, message },
    request_id: error.requestId ?? (isOwn ? undefined : null),
  }
  const body = restore(written, error.extra, DIALECT, { type: 'error', 'error.type': word, 'error.message': '' })
  const headers = error.retryAfter === undefined ? {} : { 'retry-after': String(Math.ceil(error.retryAfter / 1000)) }
  return { status: error.status ?? usual, headers, body }
}

/** What was sent (with the output asked for) and what the model takes. */
function readTokens(message: string): NeutralError['tokens'] {
  const [, actual, limit] = TOO_LONG.exec(message) ?? []
  if (actual) return { actual: Number(actual), limit: Number(limit) }
  const [, input, output, most] = TOO_MUCH.exec(message) ?? []
  return input ? { actual: Number(input) + Number(output), limit: Number(most) } : undefined
}

function kindOf(type: string | undefined, status: number | undefined): ErrorKind {
  if (type !== undefined && Object.hasOwn(KINDS, type)) return KINDS[type]!
  const byStatus = Object.entries(WORDS).find(([, [, usual]]) => usual === status)
  return (
    (byStatus?.[0] as ErrorKind | undefined) ?? (status !== undefined && status < 500 ? 'invalidRequest' : 'server')
  )
}

function wording(error: NeutralError): string {
  const { actual, limit } = error.tokens ?? {}
  if (error.kind !== 'contextLength') return error.message
  if (actual !== undefined && limit !== undefined) return `prompt is too long: ${actual} tokens > ${limit} maximum`
  return `prompt is too long: ${error.message}`
}
