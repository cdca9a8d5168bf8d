import type { CredentialRule } from '../dialect.ts'
import type { Provider } from './provider.ts'

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
/** Set anew for each hop by the HTTP client. */
const SET_BY_CLIENT = new Set(['host', 'content-length', 'expect'])

const lowerCased = new Map<string, string>()

/** Lower-cases a header name once per spelling. Bounded, since clients choose the names. */
export function lower(name: string): string {
  let known = lowerCased.get(name)
  if (known === undefined) {
    known = name.toLowerCase()
    if (lowerCased.size < 1000) lowerCased.set(name, known)
  }
  return known
}

/** Which headers of a client's request go on, and with whose credential. */
export interface Forwarding {
  /** Every header that may hold a credential, in any loaded dialect. */
  readonly secrets: ReadonlySet<string>
  /** The rule of the dialect spoken with the provider. */
  readonly rule: CredentialRule
  /** Whether the client's own credential was meant for this provider. */
  readonly isClientTrusted: boolean
  /** The query holds a credential that goes along. */
  readonly hasQueryCredential: boolean
  /** Asks for an answer without content coding, because the gateway has to read it. */
  readonly isPlain: boolean
}

/** The end-to-end request headers for a provider, as undici takes them: names and values in turn, in the client's order. */
export function requestHeaders(raw: readonly string[], provider: Provider, forwarding: Forwarding): string[] {
  const out: string[] = []
  const dropped = namedByConnection(raw)
  let hasCredential = forwarding.hasQueryCredential
  for (let i = 0; i < raw.length; i += 2) {
    const name = lower(raw[i]!)
    if (HOP_BY_HOP.has(name) || SET_BY_CLIENT.has(name) || dropped?.has(name)) continue
    if (forwarding.isPlain && name === 'accept-encoding') continue
    if (forwarding.secrets.has(name)) {
      if (!forwarding.isClientTrusted || !forwarding.rule.headers.includes(name)) continue
      hasCredential = true
    }
    out.push(raw[i]!, raw[i + 1]!)
  }
  if (forwarding.isPlain) out.push('accept-encoding', 'identity')
  if (!hasCredential && provider.key !== undefined) out.push(...forwarding.rule.header(provider.key))
  for (const [name, value] of provider.headers) setHeader(out, name, value)
  return out
}

/** Replaces every header of that name, or adds one. */
export function setHeader(list: string[], name: string, value: string): void {
  removeHeader(list, lower(name))
  list.push(name, value)
}

export function removeHeader(list: string[], name: string): void {
  for (let i = list.length - 2; i >= 0; i -= 2) if (lower(list[i]!) === name) list.splice(i, 2)
}

/** A flat list as a record with lower-case names; several headers of one name are joined, as HTTP allows. */
export function toRecord(list: readonly string[], hidden: ReadonlySet<string>): Record<string, string> {
  const record: Record<string, string> = {}
  for (let i = 0; i < list.length; i += 2) {
    const name = lower(list[i]!)
    if (hidden.has(name)) continue
    record[name] = name in record ? `${record[name]}, ${list[i + 1]}` : list[i + 1]!
  }
  return record
}

/** Carries the difference of two records over to the list they were made from; what is equal keeps its spelling. */
export function applyChanges(
  list: string[],
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): void {
  const wanted = new Map(Object.entries(after).map(([name, value]) => [lower(name), [name, value] as const]))
  for (const name of Object.keys(before)) if (!wanted.has(name)) removeHeader(list, name)
  for (const [key, [name, value]] of wanted) if (before[key] !== value) setHeader(list, name, value)
}

/** The response's end-to-end headers, names and values in turn as the provider wrote them. */
export function responseHeaders(raw: readonly Buffer[], isRewritten: boolean): { list: string[]; hasLength: boolean } {
  const list: string[] = []
  let hasLength = false
  let dropped: ReadonlySet<string> | undefined
  for (let i = 0; i < raw.length; i += 2) {
    const spelled = raw[i]!.toString('latin1')
    const name = lower(spelled)
    const value = raw[i + 1]!.toString('latin1')
    if (name === 'connection') dropped = tokens(value)
    if (HOP_BY_HOP.has(name)) continue
    if (name === 'content-length') {
      if (isRewritten) continue
      hasLength = true
    }
    list.push(spelled, value)
  }
  if (dropped) for (const name of dropped) removeHeader(list, name)
  return { list, hasLength }
}

/** Headers that the `connection` header declares to be hop-by-hop. Rare enough to look for first. */
function namedByConnection(raw: readonly string[]): ReadonlySet<string> | undefined {
  for (let i = 0; i < raw.length; i += 2) if (lower(raw[i]!) === 'connection') return tokens(raw[i + 1]!)
  return undefined
}

function tokens(value: string): ReadonlySet<string> | undefined {
  if (value === 'keep-alive' || value === 'close' || value === 'Keep-Alive') return undefined
  const names = value.split(',').map(each => each.trim().toLowerCase())
  return new Set(names.filter(each => each !== '' && each !== 'keep-alive' && each !== 'close'))
}
