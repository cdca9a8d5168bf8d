import { LRUCache } from 'lru-cache'
import type { ResponseHead } from 'lunaroute'

/**
 * Names that say that their value is a credential, in whatever API. What the loaded dialects know for one is kept from
 * plugins by the core anyway; this is for those of others.
 */
const SECRET_NAME =
  /(?:^|[-_.])(?:authorization|auth|cookie2?|token|secret|password|passwd|api-?key|apikey|access-?key|key|credentials?|signature|sig|jwt|assertion)$/i
const SECRET_VALUE = /^\s*(?:bearer|basic|digest|negotiate|aws4-hmac-sha256)\s/i
const MASK = '***'

/** Whether names are of secrets, for those that were asked for last: nearly all are of the same few dozen. */
const known = new LRUCache<string, boolean>({ max: 500 })

/** Names and values of headers in turn, those that hold credentials left out or masked. */
export function safeHeaders(head: Pick<ResponseHead, 'get' | 'names'>): readonly string[] {
  const safe: string[] = []
  for (const name of head.names()) {
    const value = head.get(name)
    if (value === undefined) continue
    safe.push(name, isSecret(name) || SECRET_VALUE.test(value) ? MASK : value)
  }
  return safe
}

function isSecret(name: string): boolean {
  const before = known.get(name)
  if (before !== undefined) return before
  const is = SECRET_NAME.test(name)
  known.set(name, is)
  return is
}

/** A query with the values masked whose names say that they are credentials. */
export function safeQuery(query: string): string {
  if (query === '') return query
  return query
    .split('&')
    .map(part => {
      const [name = ''] = part.split('=', 1)
      return name.length < part.length && SECRET_NAME.test(decoded(name)) ? `${name}=${MASK}` : part
    })
    .join('&')
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
