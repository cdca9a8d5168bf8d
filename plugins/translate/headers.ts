import type { RequestHead, ResponseHead, StreamForm, TranslatedHead } from 'lunaroute'

/** A head that can still change. */
export type ClientHead = { -readonly [K in keyof TranslatedHead]: TranslatedHead[K] }

/** Of a client's headers, those that mean the same in every dialect. The others were written for another API. */
const FOR_PROVIDERS: ReadonlySet<string> = new Set([
  'accept-language',
  'baggage',
  'content-type',
  'traceparent',
  'tracestate',
  'user-agent',
  'x-request-id',
  'x-session-id',
])

/** Of a provider's headers, those that mean the same to every client. Limits and quotas are told differently by each. */
const FOR_CLIENTS = ['date', 'retry-after', 'retry-after-ms', 'x-should-retry'] as const

/** The provider's id of a request. Each SDK knows one of these alone, and shows it with errors. */
const REQUEST_IDS = ['request-id', 'x-request-id'] as const

/** The headers of a request in another dialect: what the client's own API demanded is left out. */
export function providerHeaders(
  outgoing: Readonly<Record<string, string>>,
  client: RequestHead,
  added: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  // What the plan or the provider's configuration added stays: it is not what the client sent.
  const kept = Object.entries(outgoing).filter(([name, value]) => FOR_PROVIDERS.has(name) || client.get(name) !== value)
  return {
    ...added,
    ...Object.fromEntries(kept),
    accept: '*/*',
    'accept-encoding': 'identity',
    'content-type': 'application/json',
  }
}

export function keptHeaders(head: ResponseHead): Readonly<Record<string, string>> {
  const id = requestIdOf(head)
  const found = [
    ...FOR_CLIENTS.map(name => [name, head.get(name)] as const),
    ...REQUEST_IDS.map(name => [name, head.get(name) ?? id] as const),
  ]
  return Object.fromEntries(found.filter((entry): entry is [(typeof entry)[0], string] => entry[1] !== undefined))
}

export function requestIdOf(head: ResponseHead): string | undefined {
  return head.get('request-id') ?? head.get('x-request-id')
}

export function streamHeaders(to: StreamForm): Readonly<Record<string, string>> {
  if (to === 'sse') return { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }
  return { 'content-type': 'application/json' }
}
