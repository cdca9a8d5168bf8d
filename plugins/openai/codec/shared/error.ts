import {
  type ErrorHead,
  type ErrorKind,
  Fields,
  isObject,
  type NeutralError,
  present,
  restore,
  shapeOf,
  type WireError,
} from 'lunaroute/neutral'

type Words = Readonly<Record<ErrorKind, readonly [status: number, type: string, code: string | null]>>

const WORDS: Words = {
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
  overloaded: [503, 'server_error', 'overloaded'],
  timeout: [504, 'timeout', null],
}

const CODES: Readonly<Record<string, ErrorKind>> = {
  context_length_exceeded: 'contextLength',
  insufficient_quota: 'quota',
  rate_limit_exceeded: 'rateLimit',
  invalid_api_key: 'authentication',
  model_not_found: 'notFound',
  server_is_overloaded: 'overloaded',
  invalid_prompt: 'invalidRequest',
}

/** What the words mean where no status says more. */
const TYPES: Readonly<Record<string, ErrorKind>> = {
  invalid_request_error: 'invalidRequest',
  authentication_error: 'authentication',
  permission_error: 'permission',
  rate_limit_error: 'rateLimit',
  overloaded: 'overloaded',
  overloaded_error: 'overloaded',
  timeout: 'timeout',
}

/** How servers without a code say that the prompt is too long. */
const TOO_LONG = /maximum context length|context window|context_length_exceeded|prompt is too long/i

/** What a stream comes to that ends before its answer does. */
export const CUT: NeutralError = {
  kind: 'cut',
  message: 'the provider ended the stream before the answer was complete',
}

/** The word for a kind of error, where there is one. */
export function codeOf(kind: ErrorKind): string | null {
  return WORDS[kind][2]
}

/** Reads an error answer, or the payload of an error inside a stream. */
export function readError(body: unknown, dialect: string, head?: ErrorHead): NeutralError {
  const status = head?.status
  const retryAfter = readRetry(head)
  if (!isObject(body)) {
    const message = typeof body === 'string' && body !== '' ? body : 'the provider gave no reason'
    return { kind: kindOf(undefined, undefined, status), dialect, status, message, retryAfter }
  }
  const f = new Fields(body)
  f.optional('error')
  const text = f.string('error')
  if (text !== undefined) {
    f.shape('error', 'string')
    const read = { kind: kindOf(undefined, undefined, status), dialect, status, message: text, retryAfter }
    return { ...read, extra: f.extra(dialect) }
  }
  const e = f.nested('error')
  e?.optional('message', 'type', 'param', 'code')
  return { ...readErrorFields(e, dialect, status), status, retryAfter, extra: f.extra(dialect) }
}

/** Reads the fields of an error object, wherever it stands. */
export function readErrorFields(e: Fields | undefined, dialect: string, status?: number): NeutralError {
  const [message, type, code] = [e?.string('message'), e?.string('type'), e?.string('code')]
  // Inside a stream some servers give the status as the code.
  const inner = e?.peek('code') ?? e?.peek('status_code')
  const kind = kindOf(type, code, status ?? (typeof inner === 'number' ? inner : undefined))
  return {
    kind: kind === 'invalidRequest' && TOO_LONG.test(message ?? '') ? 'contextLength' : kind,
    dialect,
    message: message ?? '',
    type,
    code,
    param: e?.string('param'),
    tokens: readTokens(message),
  }
}

/** Writes an error. Statuses that OpenAI clients do not know become ones they do. */
export function writeError(error: NeutralError, dialect: string, words: Partial<Words> = {}): WireError {
  const isOwn = error.dialect === dialect
  const [usual, type, code] = words[error.kind] ?? WORDS[error.kind]
  const message = isOwn ? error.message || undefined : wording(error)
  const own = present(
    isOwn ? { message, type: error.type, code: error.code, param: error.param } : { message, param: error.param },
  )
  const isText = shapeOf(error.extra, dialect, 'error') === 'string'
  const body = isText
    ? restore({ error: error.message }, error.extra, dialect)
    : restore({ error: own }, error.extra, dialect, {
        'error.message': '',
        'error.type': type,
        'error.param': null,
        'error.code': code,
      })
  const headers = error.retryAfter === undefined ? {} : { 'retry-after': String(Math.ceil(error.retryAfter / 1000)) }
  const status = error.status === undefined || (!isOwn && error.status === 529) ? usual : error.status
  return { status, headers, body }
}

function kindOf(type: string | undefined, code: string | undefined, status: number | undefined): ErrorKind {
  for (const word of [code, type]) if (word !== undefined && Object.hasOwn(CODES, word)) return CODES[word]!
  if (status === undefined) {
    const known = [code, type].find(word => word !== undefined && Object.hasOwn(TYPES, word))
    return known === undefined ? 'server' : TYPES[known]!
  }
  // Not a status of OpenAI, but of servers that speak its dialect.
  if (status === 529) return 'overloaded'
  const byStatus = Object.entries(WORDS).find(([, [usual]]) => usual === status)
  return (byStatus?.[0] as ErrorKind | undefined) ?? (status < 500 ? 'invalidRequest' : 'server')
}

function readRetry(head: ErrorHead | undefined): number | undefined {
  const ms = Number(head?.get('retry-after-ms') ?? Number.NaN)
  if (Number.isFinite(ms)) return ms
  const seconds = Number(head?.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) ? seconds * 1000 : undefined
}

/** A context overflow in the sentence that clients look for. */
function wording({ kind, message, tokens }: NeutralError): string | undefined {
  const { actual, limit } = tokens ?? {}
  if (kind !== 'contextLength' || limit === undefined) return message || undefined
  const sentence = `This model's maximum context length is ${limit} tokens.`
  return actual === undefined ? sentence : `${sentence} However, your messages resulted in ${actual} tokens.`
}

function readTokens(message = ''): NeutralError['tokens'] {
  const limit = /maximum context length is (\d+) tokens/.exec(message)?.[1]
  const actual = /(?:resulted in|requested) (?:about )?(\d+) tokens/.exec(message)?.[1]
  if (!limit) return undefined
  return { limit: Number(limit), actual: actual ? Number(actual) : undefined }
}
