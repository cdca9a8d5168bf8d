import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { Caller } from 'lunaroute'

/** A key as the config has it. */
export interface GatewayKey {
  readonly key: string
  readonly name: string
  /** Default true. */
  readonly enabled?: boolean
}

/**
 * Finds who holds a key. Keys are compared by a MAC under a secret of this ring alone, so that the time a look-up takes
 * tells nothing about them.
 */
export class KeyRing {
  readonly #secret = randomBytes(32)
  readonly #holders = new Map<string, Caller>()

  constructor(keys: readonly GatewayKey[]) {
    for (const { key, name, enabled = true } of keys) {
      if (enabled) this.#holders.set(this.#mac(key), { name, keyHash: shortHash(key) })
    }
  }

  get size(): number {
    return this.#holders.size
  }

  find(key: string): Caller | undefined {
    return this.#holders.get(this.#mac(key))
  }

  #mac(key: string): string {
    return createHmac('sha256', this.#secret).update(key).digest('base64')
  }
}

function shortHash(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 8)
}
