import { endToEnd, type HeaderLine } from './http-message.ts'
import { isCleanEnd, type RawResponse } from './raw-client.ts'
import type { ReceivedRequest } from './upstream.ts'

/** What a client sent: its end-to-end headers, and its body without framing. */
export interface Sent {
  readonly method: string
  readonly target: string
  readonly headers: readonly HeaderLine[]
  readonly body: Buffer
}

/** What a provider answered. */
export interface Answered {
  readonly status: number
  readonly headers: readonly HeaderLine[]
  readonly body: Buffer
}

/**
 * What a gateway changed between client and provider, as sentences; empty when every byte that matters is the same.
 * Framing, `host` and hop-by-hop headers belong to the connection, and `x-lunaroute-` response headers may be added.
 */
export function changes(sent: Sent, received: ReceivedRequest, answered: Answered, response: RawResponse): string[] {
  const pairs: [what: string, expected: unknown, actual: unknown][] = [
    ['method', sent.method, received.method],
    ['path and query', sent.target, received.target],
    ['request headers', format(endToEnd(sent.headers)), format(endToEnd(received.headers))],
    ['status', answered.status, response.status],
    [
      'response headers',
      format(answered.headers),
      format(endToEnd(response.headers).filter(([name]) => !isOurs(name))),
    ],
    ['whether the response is whole', true, isCleanEnd(response)],
  ]
  const found = pairs
    .filter(([, expected, actual]) => expected !== actual)
    .map(([what, expected, actual]) => `${what}: expected ${expected}, got ${actual}`)
  return [
    ...found,
    ...bytesChanged('request body', sent.body, received.body()),
    ...bytesChanged('response body', answered.body, response.body),
  ]
}

function bytesChanged(what: string, expected: Buffer, actual: Buffer): string[] {
  if (expected.equals(actual)) return []
  const at = expected.findIndex((byte, index) => byte !== actual[index])
  return [
    `${what}: ${actual.length} bytes for ${expected.length}, different from byte ${at < 0 ? expected.length : at} on`,
  ]
}

function isOurs(name: string): boolean {
  return name.toLowerCase().startsWith('x-lunaroute-')
}

function format(headers: readonly HeaderLine[]): string {
  return headers.map(([name, value]) => `${name}: ${value}`).join('\n')
}
