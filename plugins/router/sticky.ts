import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { callerSlot, type Exchange, type PluginApi } from 'lunaroute'

/** Sessions that are remembered at most. */
const LIMIT = 10_000

type Credentials = PluginApi['credentials']

/**
 * The marker that each session named last. A session is its caller's own: the client chose its id. Where nobody lets
 * callers in by keys of the gateway, they are told apart by the credential that they bring for the provider.
 */
export class StickyMarkers {
  readonly #names: LRUCache<string, string>

  constructor(ttlSecs: number) {
    this.#names = new LRUCache({ max: LIMIT, ttl: ttlSecs * 1000, updateAgeOnGet: true })
  }

  get(exchange: Exchange, credentials: Credentials): string | undefined {
    const key = keyOf(exchange, credentials)
    return key === undefined ? undefined : this.#names.get(key)
  }

  set(exchange: Exchange, credentials: Credentials, name: string): void {
    const key = keyOf(exchange, credentials)
    if (key !== undefined) this.#names.set(key, name)
  }

  clear(exchange: Exchange, credentials: Credentials): void {
    const key = keyOf(exchange, credentials)
    if (key !== undefined) this.#names.delete(key)
  }
}

function keyOf(exchange: Exchange, credentials: Credentials): string | undefined {
  const { session } = exchange
  if (session === undefined) return undefined
  const { keyHash, name } = exchange.use(callerSlot)
  const isKnown = keyHash !== undefined || name !== undefined
  const caller = isKnown ? [keyHash ?? '', name ?? ''] : ['', '', hashOf(credentials(exchange))]
  return JSON.stringify([...caller, session])
}

function hashOf(credentials: ReturnType<Credentials>): string {
  const values = credentials.map(({ value }) => value)
  return createHash('sha256').update(JSON.stringify(values)).digest('base64url')
}
