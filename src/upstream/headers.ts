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
/** Headers that speak to the gateway itself, whoever reads them there. They go no further. */
const OWN = ['x-luna-', 'x-lunaroute-']
/** Set anew for each hop by the HTTP client. */
const SET_BY_CLIENT = new Set(['host', 'content-length', 'expect'])

const CONCERNING = new Set([...HOP_BY_HOP, 'content-length'].map(name => name.length))

/** What a header's name means to a proxy; worked out once per spelling, because every request brings the same few. */
interface Name {
  readonly lower: string
  readonly isHopByHop: boolean
  readonly isSetByClient: boolean
  readonly isOwn: boolean
}

const names = new Map<string, Name>()

function nameOf(spelled: string): Name {
  return names.get(spelled) ?? learn(spelled)
}

function learn(spelled: string): Name {
  const lower = spelled.toLowerCase()
  const isSetByClient = SET_BY_CLIENT.has(lower)
  const name = {
    lower,
    isHopByHop: HOP_BY_HOP.has(lower),
    isSetByClient,
    isOwn: OWN.some(each => lower.startsWith(each)),
  }
  // Bounded, since clients choose the names.
  if (names.size < 1000) names.set(spelled, name)
  return name
}

export function lower(name: string): string {
  return nameOf(name).lower
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
  /** Which of the provider's keys goes along where the client's does not. */
  readonly key: number
  /** Asks for an answer without content coding, because the gateway has to read it. */
  readonly isPlain: boolean
}

/** What leaves for a provider. */
export interface Forwarded {
  /** As undici takes them: names and values in turn, in the client's order. */
  readonly list: string[]
  /** Whether a key of the provider's goes along, and not the client's. */
  readonly hasProviderKey: boolean
  readonly hasClientCredential: boolean
}

/** The end-to-end request headers for a provider. */
export function requestHeaders(raw: readonly string[], provider: Provider, forwarding: Forwarding): Forwarded {
  const { secrets, rule, isClientTrusted, isPlain } = forwarding
  const out: string[] = []
  let dropped: ReadonlySet<string> | undefined
  let hasCredential = forwarding.hasQueryCredential
  for (let i = 0; i < raw.length; i += 2) {
    const { lower, isHopByHop, isSetByClient, isOwn } = nameOf(raw[i]!)
    if (isHopByHop) {
      if (lower === 'connection') dropped = tokens(raw[i + 1]!)
      continue
    }
    if (isSetByClient || isOwn || (isPlain && lower === 'accept-encoding')) continue
    if (secrets.has(lower)) {
      if (!isClientTrusted || !rule.headers.includes(lower)) continue
      hasCredential = true
    }
    out.push(raw[i]!, raw[i + 1]!)
  }
  if (dropped) for (const name of dropped) removeHeader(out, name)
  if (isPlain) out.push('accept-encoding', 'identity')
  const key = provider.keys[forwarding.key] ?? provider.keys[0]
  const hasProviderKey = !hasCredential && key !== undefined
  if (hasProviderKey) out.push(...rule.header(key))
  for (const [name, value] of provider.headers) setHeader(out, name, value)
  return { list: out, hasProviderKey, hasClientCredential: hasCredential }
}

/** Replaces every header of that name, or adds one. */
export function setHeader(list: string[], name: string, value: string): void {
  removeHeader(list, lower(name))
  list.push(name, value)
}

/** The same for several, names and values in turn. Most headers are told apart from all of them by their length alone. */
export function setHeaders(list: string[], added: readonly string[]): void {
  let lengths = 0
  for (let i = 0; i < added.length; i += 2) lengths |= 1 << added[i]!.length
  for (let i = list.length - 2; i >= 0; i -= 2) {
    const name = list[i]!
    if ((lengths >> name.length) & 1 && isAmong(name, added)) list.splice(i, 2)
  }
  for (let i = 0; i < added.length; i++) list.push(added[i]!)
}

function isAmong(spelled: string, list: readonly string[]): boolean {
  for (let i = 0; i < list.length; i += 2) if (isCalled(spelled, lower(list[i]!))) return true
  return false
}

export function removeHeader(list: string[], name: string): void {
  for (let i = list.length - 2; i >= 0; i -= 2) if (isCalled(list[i]!, name)) list.splice(i, 2)
}

/** Whether a header, however it is spelled, has this lower-case name. Most are told apart by their length alone. */
export function isCalled(spelled: string, name: string): boolean {
  return spelled.length === name.length && lower(spelled) === name
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
export function responseHeaders(
  raw: readonly Buffer[],
  isRewritten: boolean,
): {
  list: string[]
  length: number | undefined
} {
  const list: string[] = []
  let length: number | undefined
  let dropped: ReadonlySet<string> | undefined
  for (let i = 0; i < raw.length; i += 2) {
    const spelled = latin1(raw[i]!)
    // Most names can be told by their length alone to be of no concern.
    if (CONCERNING.has(spelled.length)) {
      const { lower, isHopByHop } = nameOf(spelled)
      if (lower === 'connection') dropped = tokens(latin1(raw[i + 1]!))
      if (isHopByHop || (isRewritten && lower === 'content-length')) continue
      if (lower === 'content-length') length = Number(latin1(raw[i + 1]!))
    }
    list.push(spelled, latin1(raw[i + 1]!))
  }
  if (dropped) for (const name of dropped) removeHeader(list, name)
  return { list, length }
}

/** The first value of one end-to-end response header, by its lower-case name. */
export function endToEnd(raw: readonly Buffer[], name: string): string | undefined {
  for (let i = 0; i < raw.length; i += 2) {
    if (!isText(raw[i]!, name)) continue
    const { isHopByHop } = nameOf(name)
    return isHopByHop || isDropped(raw, name) ? undefined : latin1(raw[i + 1]!)
  }
  return undefined
}

/** Whether the `connection` header says that another one goes no further. */
function isDropped(raw: readonly Buffer[], name: string): boolean {
  for (let i = 0; i < raw.length; i += 2) {
    if (!isText(raw[i]!, 'connection') || isText(raw[i + 1]!, 'keep-alive')) continue
    if (tokens(latin1(raw[i + 1]!))?.has(name)) return true
  }
  return false
}

/** Whether bytes spell a lower-case name, be it in capitals. Looked at as they are: to make a text of each costs more. */
function isText(bytes: Buffer, name: string): boolean {
  if (bytes.length !== name.length) return false
  // Bit 5 is all that tells a capital from a small letter; the other characters of names have it.
  for (let i = 0; i < name.length; i++) if ((bytes[i]! | 0x20) !== name.charCodeAt(i)) return false
  return true
}

function latin1(bytes: Buffer): string {
  return (bytes as unknown as { latin1Slice(): string }).latin1Slice()
}

/** Headers that a `connection` header declares to be hop-by-hop; nearly always none. */
function tokens(value: string): ReadonlySet<string> | undefined {
  if (value === 'keep-alive' || value === 'close') return undefined
  const names = value.split(',').map(each => each.trim().toLowerCase())
  return new Set(names.filter(each => each !== '' && each !== 'keep-alive' && each !== 'close'))
}
