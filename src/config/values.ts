/** A place inside a config: `['providers', 'openai', 'base_url']`. */
export type Path = readonly (string | number)[]

/** Whether a value is an object literal, as opposed to an array, null or an instance of some class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  // A config evaluated in another realm has another Object.prototype, so its identity is not asked for.
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** A copy down through lists and object literals; functions and class instances are shared. */
export function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf)
  if (!isPlainObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copyOf(inner)]))
}

/** `over` laid on `base`: object literals merge key by key, anything else in `over` wins, undefined never does. */
export function merge(base: unknown, over: unknown): unknown {
  if (over === undefined) return base
  if (!isPlainObject(base) || !isPlainObject(over)) return over
  const merged: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(over)) merged[key] = merge(merged[key], value)
  return merged
}

/** The value at a path, or undefined. */
export function valueAt(value: unknown, path: Path): unknown {
  let current = value
  for (const step of path) {
    if (typeof current !== 'object' || current === null) return undefined
    current = (current as Record<string | number, unknown>)[step]
  }
  return current
}

/** What a person calls a value of the wrong kind. Never its content, which may be a secret. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'a list'
  if (value instanceof Promise) return 'a promise'
  if (isPlainObject(value)) {
    const keys = Object.keys(value)
    return keys.length > 0 ? `an object with ${keys.slice(0, 4).join(', ')}` : 'an empty object'
  }
  if (typeof value === 'object') return `an object of class ${value.constructor.name}`
  return `a ${typeof value}`
}

/** `providers.openai.base_url`, `plugins[2].options`. */
export function dotted(path: Path): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text ? `${text}.${step}` : step),
    '',
  )
}
