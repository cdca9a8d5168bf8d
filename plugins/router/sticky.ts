import { LRUCache } from 'lru-cache'
import { callerSlot, type Exchange } from 'lunaroute'

/** Sessions that are remembered at most. */
const LIMIT = 10_000

/** The marker that each session named last. A session is its caller's own: the client chose its id. */
export class StickyMarkers {
  readonly #names: LRUCache<string, string>

  constructor(ttlSecs: number) {
    this.#names = new LRUCache({ max: LIMIT, ttl: ttlSecs * 1000, updateAgeOnGet: true })
  }

  get(exchange: Exchange): string | undefined {
    const key = keyOf(exchange)
    return key === undefined ? undefined : this.#names.get(key)
  }

  set(exchange: Exchange, name: string): void {
    const key = keyOf(exchange)
    if (key !== undefined) this.#names.set(key, name)
  }

  clear(exchange: Exchange): void {
    const key = keyOf(exchange)
    if (key !== undefined) this.#names.delete(key)
  }
}

function keyOf(exchange: Exchange): string | undefined {
  const { session } = exchange
  if (session === undefined) return undefined
  const { keyHash = '', name = '' } = exchange.use(callerSlot)
  return JSON.stringify([keyHash, name, session])
}
