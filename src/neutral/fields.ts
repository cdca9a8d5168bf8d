import type { Extra, JsonObject, Remainder } from './extra.ts'

/** Whether a value is a JSON object: neither null nor a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Reads a native object field by field and keeps account: what nobody took is the remainder. Each getter takes the
 * field if it is there in the expected type, and returns undefined, leaving it to the remainder, if it is not. A second
 * key is another spelling of the first, which `restore` uses again.
 */
export class Fields {
  readonly native: JsonObject
  readonly #taken: string[] = []
  #children: Map<string, Fields> | undefined
  #names: Record<string, string> | undefined
  #absent: string[] | undefined
  #shapes: Record<string, string> | undefined

  constructor(native: JsonObject) {
    this.native = native
  }

  string(key: string, alias?: string): string | undefined {
    return this.#take(key, alias, value => typeof value === 'string') as string | undefined
  }

  number(key: string, alias?: string): number | undefined {
    return this.#take(key, alias, value => typeof value === 'number') as number | undefined
  }

  boolean(key: string, alias?: string): boolean | undefined {
    return this.#take(key, alias, value => typeof value === 'boolean') as boolean | undefined
  }

  /** A list, whatever its elements. */
  list(key: string, alias?: string): readonly unknown[] | undefined {
    return this.#take(key, alias, Array.isArray) as readonly unknown[] | undefined
  }

  /** A list of nothing but strings. */
  strings(key: string, alias?: string): readonly string[] | undefined {
    return this.#take(key, alias, isStrings) as readonly string[] | undefined
  }

  /** An object taken whole: a JSON schema, metadata. */
  object(key: string, alias?: string): JsonObject | undefined {
    return this.#take(key, alias, isObject) as JsonObject | undefined
  }

  /** Any value but null. */
  value(key: string, alias?: string): unknown {
    return this.#take(key, alias, value => value !== undefined && value !== null)
  }

  /** Takes a field only if it equals `expected`: a constant that the writer writes by itself, such as `type`. */
  constant(key: string, expected: string): boolean {
    return this.#take(key, undefined, value => value === expected) !== undefined
  }

  /** A nested object read field by field. Its remainder stays nested in this one's. */
  nested(key: string, alias?: string): Fields | undefined {
    const native = this.#take(key, alias, isObject) as JsonObject | undefined
    if (native === undefined) return undefined
    const child = new Fields(native)
    this.#children ??= new Map()
    this.#children.set(this.#names?.[key] ?? key, child)
    return child
  }

  /** Looks without taking. */
  peek(key: string): unknown {
    return Object.hasOwn(this.native, key) ? this.native[key] : undefined
  }

  /** Gives a taken field back to the remainder. */
  leave(key: string): undefined {
    const found = this.#names?.[key] ?? key
    const index = this.#taken.indexOf(found)
    if (index >= 0) this.#taken.splice(index, 1)
    this.#children?.delete(found)
    if (this.#names) delete this.#names[key]
    return undefined
  }

  /** Notes how a value was written. */
  shape(key: string, how: string): void {
    this.#shapes ??= {}
    this.#shapes[key] = how
  }

  /** Notes those of the writer's `defaults` that the original does without. */
  optional(...keys: readonly string[]): void {
    for (const key of keys) {
      if (Object.hasOwn(this.native, key)) continue
      this.#absent ??= []
      this.#absent.push(key)
    }
  }

  /** The bag for a neutral object, or undefined when there is nothing to keep. */
  extra(dialect: string): Extra | undefined {
    const fields = this.#rest()
    const notes: Notes = { names: {}, absent: [], shapes: {} }
    this.#collect(notes, '')
    // Key by key: objects that are put together of spread ones cost a hidden class each (Node 20), and there are many.
    const remainder: { -readonly [K in keyof Remainder]: Remainder[K] } = {}
    if (fields) remainder.fields = fields
    if (hasKeys(notes.names)) remainder.names = notes.names
    if (notes.absent.length > 0) remainder.absent = notes.absent
    if (hasKeys(notes.shapes)) remainder.shapes = notes.shapes
    return hasKeys(remainder) ? { [dialect]: remainder } : undefined
  }

  /** Notes of nested objects join their parent's: keys with their path, shapes as they are. */
  #collect(notes: Notes, path: string): void {
    for (const key in this.#names) notes.names[path + key] = this.#names[key]!
    for (const key of this.#absent ?? []) notes.absent.push(path + key)
    Object.assign(notes.shapes, this.#shapes)
    this.#children?.forEach((child, found) => {
      const key = Object.keys(this.#names ?? {}).find(key => this.#names?.[key] === found) ?? found
      child.#collect(notes, `${path}${key}.`)
    })
  }

  #take(key: string, alias: string | undefined, fits: (value: unknown) => boolean): unknown {
    let found = key
    if (!Object.hasOwn(this.native, key)) {
      if (alias === undefined || !Object.hasOwn(this.native, alias)) return undefined
      found = alias
    }
    const value = this.native[found]
    if (!fits(value)) return undefined
    if (found !== key) {
      this.#names ??= {}
      this.#names[key] = found
    }
    this.#taken.push(found)
    return value
  }

  #rest(): JsonObject | undefined {
    let rest: Record<string, unknown> | undefined
    for (const key of Object.keys(this.native)) {
      let value = this.native[key]
      const child = this.#children?.get(key)
      if (child) {
        const inner = child.#rest()
        if (inner === undefined && Object.keys(child.native).length > 0) continue
        value = inner ?? {}
      } else if (this.#taken.includes(key)) continue
      rest ??= {}
      assign(rest, key, value)
    }
    return rest
  }
}

/**
 * Writes an object's own dialect's remainder back over what the neutral form says. `defaults` are fields the dialect
 * wants even where there is nothing to say (constants, nulls, empty lists), by key or path (`message.role`): each is
 * added unless the field has a value or the original did without it.
 */
export function restore(
  written: JsonObject,
  extra: Extra | undefined,
  dialect: string,
  defaults?: JsonObject,
): JsonObject {
  const remainder = extra?.[dialect]
  const absent = remainder?.absent ?? []
  let result = written
  for (const path in defaults) {
    const isAbsent = absent.some(key => path === key || path.startsWith(`${key}.`))
    if (!isAbsent) result = fill(result, path.split('.'), defaults[path])
  }
  // Inner keys first: their paths are in the writer's own words.
  const names = Object.entries(remainder?.names ?? {}).sort(([a], [b]) => b.split('.').length - a.split('.').length)
  for (const [path, name] of names) result = rename(result, path.split('.'), name)
  return remainder?.fields ? merge(result, remainder.fields) : result
}

/** The object without its undefined fields, or undefined when none is left. */
export function present<T extends object>(object: T): T | undefined {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined)
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as T)
}

/** The note a reader of this dialect left with `Fields.shape`. */
export function shapeOf(extra: Extra | undefined, dialect: string, key: string): string | undefined {
  return extra?.[dialect]?.shapes?.[key]
}

interface Notes {
  readonly names: Record<string, string>
  readonly absent: string[]
  readonly shapes: Record<string, string>
}

function fill(object: JsonObject, [key, ...inner]: readonly string[], usual: unknown): JsonObject {
  const value = object[key!]
  if (inner.length > 0) return { ...object, [key!]: fill(isObject(value) ? value : {}, inner, usual) }
  return value === undefined ? { ...object, [key!]: usual } : object
}

function rename(object: JsonObject, [key, ...inner]: readonly string[], name: string): JsonObject {
  if (key === undefined || object[key] === undefined) return object
  const { [key]: value, ...rest } = object
  const result: Record<string, unknown> = rest
  if (inner.length === 0) assign(result, name, value)
  else result[key] = isObject(value) ? rename(value, inner, name) : value
  return result
}

function merge(into: JsonObject, fields: JsonObject): JsonObject {
  const result: Record<string, unknown> = { ...into }
  for (const key of Object.keys(fields)) {
    const [old, value] = [Object.hasOwn(result, key) ? result[key] : undefined, fields[key]]
    assign(result, key, isObject(old) && isObject(value) ? merge(old, value) : value)
  }
  return result
}

// A key named __proto__ is an ordinary key in JSON; plain assignment would set the prototype instead.
function assign(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') object[key] = value
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
}

function hasKeys(object: object): boolean {
  for (const _ in object) return true
  return false
}

function isStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every(item => typeof item === 'string')
}
