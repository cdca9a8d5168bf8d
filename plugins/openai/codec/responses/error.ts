import {
  type ErrorHead,
  type ErrorKind,
  Fields,
  isObject,
  type JsonObject,
  type NeutralError,
  present,
  restore,
  type WireError,
} from 'lunaroute/neutral'
import { DIALECT } from './name.ts'

const WORDS: Readonly<Record<ErrorKind, readonly [status: number, type: string, code: string | null]>> = {
  invalidRequest: [400, 'invalid_request_error', null],
  contextLength: [400, 'invalid_request_error', 'context_length_exceeded'],
  authentication: [401, 'authentication_error', 'invalid_api_key'],
  billing: [402, 'insufficient_quota', 'insufficient_quota'],
  permission: [403, 'permission_error', null],
  notFound: [404, 'invalid_request_error', 'model_not_found'],
  tooLarge: [413, 'invalid_request_error', null],
  unprocessable: [422, 'invalid_request_error', null],
  rateLimit: [429, 'rate_limit_error', 'rate_limit_exceeded'],
  quota: [429, 'insufficient_quota', 'insufficient_quota'],
  server: [500, 'server_error', null],
  other: [500, 'server_error', null],
  cut: [502, 'server_error', null],
  overloaded: [503, 'server_error', 'server_is_overloaded'],
  timeout: [504, 'timeout', null],
}

const CODES: Readonly<Record<string, ErrorKind>> = {
  context_length_exceeded: 'contextLength',
  insufficient_quota: 'quota',
  rate_limit_exceeded: 'rateLimit',
  rate_limit_error: 'rateLimit',
  invalid_api_key: 'authentication',
  authentication_error: 'authentication',
  permission_error: 'permission',
  model_not_found: 'notFound',
  server_is_overloaded: 'overloaded',
  invalid_prompt: 'invalidRequest',
  invalid_request_error: 'invalidRequest',
}

/** Reads an error answer. */
export function readError(body: unknown, head?: ErrorHead): NeutralError {
  const status = head?.status
  const retryAfter = readRetry(head)
  if (!isObject(body)) {
    const message = typeof body === 'string' && body !== '' ? body : 'the provider gave no reason'
    return { kind: kindOf(undefined, undefined, status), dialect: DIALECT, status, message, retryAfter }
  }
  const f = new Fields(body)
  f.optional('error')
  const e = f.nested('error')
  e?.optional('message', 'type', 'param', 'code')
  return { ...readErrorFields(e, status), status, retryAfter, extra: f.extra(DIALECT) }
}

/** Reads the fields of an error object, wherever it stands. */
export function readErrorFields(e: Fields | undefined, status?: number): NeutralError {
  const [message, type, code] = [e?.string('message'), e?.string('type'), e?.string('code')]
  return {
    kind: kindOf(type, code, status),
    dialect: DIALECT,
    message: message ?? '',
    type,
    code,
    param: e?.string('param'),
    tokens: readTokens(message),
  }
}

/** Writes an error. Statuses that OpenAI clients do not know become ones they do. */
export function writeError(error: NeutralError): WireError {
  const isOwn = error.dialect === DIALECT
  const [usual, type, code] = WORDS[error.kind]
  const message = error.message === '' ? undefined : error.message
  const own = present(
    isOwn ? { message, type: error.type, code: error.code, param: error.param } : { message, param: error.param },
  )
  const body = restore({ error: own }, error.extra, DIALECT, {
    'error.message': '',
    'error.type': type,
    'error.param': null,
    'error.code': code,
  })
  const headers = error.retryAfter === undefined ? {} : { 'retry-after': String(Math.ceil(error.retryAfter / 1000)) }
  const status = error.status === undefined || (!isOwn && error.status === 529) ? usual : error.status
  return { status, headers, body }
}

/** What a failed response says of its error: a code and a message. */
export function failureOf(error: NeutralError): JsonObject {
  const code = error.dialect === DIALECT ? error.code : undefined
  const usual = error.kind === 'invalidRequest' ? 'invalid_prompt' : (WORDS[error.kind][2] ?? 'server_error')
  return { code: code ?? usual, message: error.message }
}

function kindOf(type: string | undefined, code: string | undefined, status: number | undefined): ErrorKind {
  for (const word of [code, type]) {
    const isTelling = word !== undefined && (status === undefined || word !== 'invalid_request_error')
    if (isTelling && Object.hasOwn(CODES, word)) return CODES[word]!
  }
  const byStatus = Object.entries(WORDS).find(([, [usual]]) => usual === status)
  return (
    (byStatus?.[0] as ErrorKind | undefined) ?? (status !== undefined && status < 500 ? 'invalidRequest' : 'server')
  )
}

function readRetry(head: ErrorHead | undefined): number | undefined {
  const ms = Number(head?.get('retry-after-ms') ?? Number.NaN)
  if (Number.isFinite(ms)) return ms
  const seconds = Number(head?.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) ? seconds * 1000 : undefined
}

function readTokens(message = ''): NeutralError['tokens'] {
  const limit = /maximum context length is (\d+) tokens/.exec(message)?.[1]
  const actual = /(?:resulted in|requested) (?:about )?(\d+) tokens/.exec(message)?.[1]
  if (!limit) return undefined
  return { limit: Number(limit), actual: actual ? Number(actual) : undefined }
}
