import type { TSchema } from '@sinclair/typebox'
import { isPlainObject } from './values.ts'

/**
 * A value from a file or the environment, with text turned into the number, boolean or list that its schema wants and
 * a null that the schema does not want left out (YAML's `api_key:` with nothing behind it). ajv's own coercion is not
 * used: it makes null a 0 or an empty string, and does not know `yes` and `on`.
 */
export function coerce(value: unknown, schema: TSchema | undefined): unknown {
  if (!schema) return value
  const wanted = kinds(schema)
  if (value === null) return wanted.size === 0 || wanted.has('null') ? null : undefined
  if (typeof value === 'string') return coerceText(value, wanted)
  if (typeof value === 'number' || typeof value === 'bigint') {
    return wanted.has('string') && !wanted.has('number') && !wanted.has('integer') ? String(value) : value
  }
  if (Array.isArray(value)) return value.map(item => coerce(item, schema.items as TSchema | undefined))
  if (!isPlainObject(value)) return value
  const copy: Record<string, unknown> = {}
  for (const [key, inner] of Object.entries(value)) {
    const fitting = coerce(inner, propertySchema(schema, key))
    if (fitting !== undefined) copy[key] = fitting
  }
  return copy
}

/** The schema of the value at a path, where the schema says. */
export function schemaAt(schema: TSchema | undefined, path: readonly string[]): TSchema | undefined {
  return path.reduce<TSchema | undefined>((at, key) => (at ? propertySchema(at, key) : undefined), schema)
}

/** A spelled boolean, or undefined. */
export function booleanFrom(text: string): boolean | undefined {
  const word = text.trim().toLowerCase()
  if (['true', '1', 'yes', 'on'].includes(word)) return true
  if (['false', '0', 'no', 'off'].includes(word)) return false
  return undefined
}

function coerceText(text: string, wanted: ReadonlySet<string>): unknown {
  if (wanted.size === 0 || wanted.has('string')) return text
  if (wanted.has('boolean')) {
    const claim = booleanFrom(text)
    if (claim !== undefined) return claim
  }
  if ((wanted.has('number') || wanted.has('integer')) && text.trim() !== '' && Number.isFinite(Number(text))) {
    return Number(text)
  }
  if (wanted.has('array')) return text === '' ? [] : text.split(',').map(item => item.trim())
  return text
}

/** The JSON types a schema accepts; empty when it does not say. */
function kinds(schema: TSchema): Set<string> {
  const found = new Set<string>()
  const add = (at: Readonly<Record<string, unknown>>) => {
    for (const type of [at.type].flat()) if (typeof type === 'string') found.add(type)
    if ('const' in at) found.add(at.const === null ? 'null' : typeof at.const)
    if (Array.isArray(at.enum)) for (const value of at.enum) found.add(value === null ? 'null' : typeof value)
    for (const branch of branches(at)) add(branch)
  }
  add(schema)
  return found
}

function branches(schema: Readonly<Record<string, unknown>>): TSchema[] {
  return [schema.anyOf, schema.oneOf, schema.allOf].flatMap(list => (Array.isArray(list) ? (list as TSchema[]) : []))
}

function propertySchema(schema: TSchema, key: string): TSchema | undefined {
  const own = (schema.properties as Record<string, TSchema> | undefined)?.[key]
  if (own) return own
  for (const [pattern, inner] of Object.entries((schema.patternProperties as Record<string, TSchema>) ?? {})) {
    if (new RegExp(pattern).test(key)) return inner
  }
  for (const branch of branches(schema)) {
    const inner = propertySchema(branch, key)
    if (inner) return inner
  }
  const rest = schema.additionalProperties as unknown
  return isPlainObject(rest) ? (rest as TSchema) : undefined
}
