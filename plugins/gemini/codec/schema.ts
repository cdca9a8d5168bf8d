import { isObject, type JsonObject } from 'lunaroute/neutral'

const TYPES = ['string', 'number', 'integer', 'boolean', 'array', 'object', 'null']
const CAPITALS = TYPES.map(type => type.toUpperCase())
/** Keywords whose values are no schemas. */
const VALUES = new Set(['enum', 'const', 'default', 'example', 'examples', 'required', 'propertyOrdering'])

/** A schema in JSON Schema's words, with the spelling its types had. */
export interface Spelled {
  readonly schema: JsonObject
  readonly types?: 'upper'
}

/**
 * Google writes the types of schemas in capitals, in its own schema language and at times in JSON Schema, too. Where all
 * are, they are read in small letters; a mixture stays as it is.
 */
export function readSchema(native: JsonObject): Spelled {
  const schema = respell(native, CAPITALS, TYPES) as JsonObject
  const text = JSON.stringify(native)
  const isUpper = JSON.stringify(schema) !== text && JSON.stringify(writeSchema(schema, 'upper')) === text
  return isUpper ? { schema, types: 'upper' } : { schema: native }
}

/** Writes a schema with the spelling it had. */
export function writeSchema(schema: JsonObject, types: string | undefined): JsonObject {
  return types === 'upper' ? (respell(schema, TYPES, CAPITALS) as JsonObject) : schema
}

function respell(schema: unknown, from: readonly string[], to: readonly string[]): unknown {
  if (Array.isArray(schema)) return schema.map(inner => respell(inner, from, to))
  if (!isObject(schema)) return schema
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => {
      if (key === 'type' && typeof value === 'string') return [key, to[from.indexOf(value)] ?? value]
      if (VALUES.has(key)) return [key, value]
      // The keys of these are names, not keywords.
      if (key === 'properties' && isObject(value)) {
        const inner = Object.entries(value).map(([name, property]) => [name, respell(property, from, to)])
        return [key, Object.fromEntries(inner)]
      }
      return [key, respell(value, from, to)]
    }),
  )
}
