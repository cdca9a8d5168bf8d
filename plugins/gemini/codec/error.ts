import {
  type ErrorHead,
  type ErrorKind,
  Fields,
  isObject,
  type JsonObject,
  type NeutralError,
  restore,
  type WireError,
} from 'lunaroute/neutral'
import { DIALECT } from './name.ts'

const KINDS: Readonly<Record<string, ErrorKind>> = {
  INVALID_ARGUMENT: 'invalidRequest',
  FAILED_PRECONDITION: 'invalidRequest',
  OUT_OF_RANGE: 'invalidRequest',
  UNAUTHENTICATED: 'authentication',
  PERMISSION_DENIED: 'permission',
  NOT_FOUND: 'notFound',
  RESOURCE_EXHAUSTED: 'rateLimit',
  INTERNAL: 'server',
  UNAVAILABLE: 'overloaded',
  DEADLINE_EXCEEDED: 'timeout',
}

const WORDS: Readonly<Record<ErrorKind, readonly [status: number, word: string]>> = {
  invalidRequest: [400, 'INVALID_ARGUMENT'],
  contextLength: [400, 'INVALID_ARGUMENT'],
  unprocessable: [400, 'INVALID_ARGUMENT'],
  tooLarge: [413, 'INVALID_ARGUMENT'],
  authentication: [401, 'UNAUTHENTICATED'],
  billing: [402, 'FAILED_PRECONDITION'],
  permission: [403, 'PERMISSION_DENIED'],
  notFound: [404, 'NOT_FOUND'],
  rateLimit: [429, 'RESOURCE_EXHAUSTED'],
  quota: [429, 'RESOURCE_EXHAUSTED'],
  server: [500, 'INTERNAL'],
  other: [500, 'UNKNOWN'],
  cut: [502, 'UNAVAILABLE'],
  overloaded: [503, 'UNAVAILABLE'],
  timeout: [504, 'DEADLINE_EXCEEDED'],
}

const RPC = 'type.googleapis.com/google.rpc.'
const TOO_LONG = /input token count \(?(\d+)\)? exceeds the maximum number of tokens allowed \(?(\d+)\)?/

/** Reads an error answer, or an error inside a stream. A JSON array's only element is the error. */
export function readError(body: unknown, head?: ErrorHead): NeutralError {
  const status = head?.status
  const inHeader = Number(head?.get('retry-after') ?? Number.NaN)
  const afterHeader = Number.isFinite(inHeader) ? inHeader * 1000 : undefined
  const native = Array.isArray(body) && body.length === 1 ? body[0] : body
  if (!isObject(native)) {
    const message = typeof native === 'string' && native !== '' ? native : 'the provider gave no reason'
    return { kind: kindOf(undefined, undefined, status), dialect: DIALECT, status, message, retryAfter: afterHeader }
  }
  const f = new Fields(native)
  f.optional('error')
  const e = f.nested('error')
  e?.optional('code', 'message', 'status')
  const code = e?.peek('code')
  // The code repeats the status; where it does not, it stays as it is.
  const isStatus = typeof code === 'number' && (status === undefined || code === status)
  if (isStatus) e?.number('code')
  const [type, message] = [e?.string('status'), e?.string('message')]
  const details = readDetails(e?.peek('details'))
  const [, actual, limit] = TOO_LONG.exec(message ?? '') ?? []
  const known = status ?? (isStatus ? code : undefined)
  return {
    kind: actual ? 'contextLength' : details.isSpent ? 'quota' : kindOf(type, details.reason, known),
    dialect: DIALECT,
    status: known,
    type,
    message: message ?? '',
    retryAfter: details.retryAfter ?? afterHeader,
    tokens: actual ? { actual: Number(actual), limit: Number(limit) } : undefined,
    extra: f.extra(DIALECT),
  }
}

/** Writes an error. What Gemini puts into details is made of what another dialect's error knows. */
export function writeError(error: NeutralError): WireError {
  const isOwn = error.dialect === DIALECT
  const [usual, word] = WORDS[error.kind]
  const status = error.status === undefined || (!isOwn && error.status === 529) ? usual : error.status
  const message = isOwn ? error.message || undefined : wording(error)
  const details = isOwn ? [] : writeDetails(error)
  const written: JsonObject = {
    message,
    status: isOwn ? error.type : word,
    details: details.length === 0 ? undefined : details,
  }
  const isEmpty = Object.values(written).every(value => value === undefined)
  const body = restore({ error: isEmpty ? undefined : written }, error.extra, DIALECT, {
    'error.code': status,
    'error.message': '',
    'error.status': word,
  })
  const headers = error.retryAfter === undefined ? {} : { 'retry-after': String(Math.ceil(error.retryAfter / 1000)) }
  return { status, headers, body }
}

interface Details {
  readonly retryAfter?: number
  readonly reason?: string
  readonly isSpent?: boolean
}

function readDetails(details: unknown): Details {
  const all = Array.isArray(details) ? details.filter(isObject) : []
  const of = (type: string) => all.find(detail => detail['@type'] === RPC + type)
  const delay = of('RetryInfo')?.retryDelay
  const seconds = typeof delay === 'string' ? Number.parseFloat(delay) : Number.NaN
  const reason = of('ErrorInfo')?.reason
  const violations = of('QuotaFailure')?.violations
  const quotas = Array.isArray(violations) ? violations.filter(isObject) : []
  return {
    ...(Number.isFinite(seconds) && { retryAfter: seconds * 1000 }),
    ...(typeof reason === 'string' && { reason }),
    // A day's quota is gone: the delay that is told beside it does not help.
    isSpent: quotas.some(({ quotaId }) => typeof quotaId === 'string' && quotaId.includes('PerDay')),
  }
}

function writeDetails({ code, param, message, retryAfter }: NeutralError): JsonObject[] {
  const details: JsonObject[] = []
  if (code !== undefined) details.push({ '@type': `${RPC}ErrorInfo`, reason: code, domain: 'lunaroute' })
  if (param !== undefined) {
    details.push({ '@type': `${RPC}BadRequest`, fieldViolations: [{ field: param, description: message }] })
  }
  if (retryAfter !== undefined) details.push({ '@type': `${RPC}RetryInfo`, retryDelay: `${retryAfter / 1000}s` })
  return details
}

function kindOf(word: string | undefined, reason: string | undefined, status: number | undefined): ErrorKind {
  // A bad key is a 400 here.
  if (reason === 'API_KEY_INVALID') return 'authentication'
  if (word !== undefined && Object.hasOwn(KINDS, word)) return KINDS[word]!
  const byStatus = Object.entries(WORDS).find(([, [usual]]) => usual === status)
  return (
    (byStatus?.[0] as ErrorKind | undefined) ?? (status !== undefined && status < 500 ? 'invalidRequest' : 'server')
  )
}

/** Clients know an overflow by this sentence. */
function wording({ kind, message, tokens }: NeutralError): string {
  const { actual, limit } = tokens ?? {}
  if (kind !== 'contextLength' || actual === undefined || limit === undefined) return message
  return `The input token count (${actual}) exceeds the maximum number of tokens allowed (${limit}).`
}
