import { isObject, type JsonObject } from 'lunaroute/neutral'

type Holder = Record<string, unknown> | unknown[]

/** Collects the arguments of a call that Vertex streams value by value: `{ jsonPath: '$.steps[0]', stringValue: 'Boil' }`. */
export class PartialArgs {
  readonly #args: Record<string, unknown> = {}

  /** Takes the arguments in one part's `functionCall`. Pieces of one string follow each other. */
  add(call: JsonObject): void {
    if (isObject(call.args)) Object.assign(this.#args, call.args)
    if (!Array.isArray(call.partialArgs)) return
    for (const piece of call.partialArgs) {
      if (isObject(piece) && typeof piece.jsonPath === 'string') this.#put(keysOf(piece.jsonPath), pieceOf(piece))
    }
  }

  /** The arguments as JSON text. */
  toString(): string {
    return JSON.stringify(this.#args)
  }

  #put(keys: readonly (string | number)[], value: unknown): void {
    let holder: Holder = this.#args
    for (const [i, key] of keys.entries()) {
      const slot = holder as Record<string | number, unknown>
      const old = Object.hasOwn(slot, key) ? slot[key] : undefined
      let next: unknown
      if (i === keys.length - 1) next = typeof old === 'string' && typeof value === 'string' ? old + value : value
      else next = typeof old === 'object' && old !== null ? old : typeof keys[i + 1] === 'number' ? [] : {}
      Object.defineProperty(slot, key, { value: next, enumerable: true, configurable: true, writable: true })
      holder = next as Holder
    }
  }
}

/** The steps of a path: `$.a[0]['b']`. */
function keysOf(path: string): readonly (string | number)[] {
  const steps = path.matchAll(/\.([^.[\]]+)|\[(\d+)\]|\[(?:'([^']*)'|"([^"]*)")\]/g)
  return [...steps].map(([, name, index, single, double]) =>
    index === undefined ? (name ?? single ?? double ?? '') : Math.min(Number(index), 10_000),
  )
}

function pieceOf({ stringValue, numberValue, boolValue }: JsonObject): unknown {
  return stringValue ?? numberValue ?? boolValue ?? null
}
