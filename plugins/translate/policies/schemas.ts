import { isObject, type JsonObject } from 'lunaroute/neutral'
import type { Policy } from '../policy.ts'
import { mapTools } from '../walk.ts'

/** Schemas without the keywords the model refuses, and of an object at the top. */
export const withSchemas: Policy = (request, { diagnostics, profile }) => {
  const { unsupported = [], inlineReferences = false } = (profile.tools || undefined)?.schema ?? {}
  const refused = new Set(unsupported)
  return mapTools(request, tool => {
    if (tool.type !== 'function' || !tool.parameters) return tool
    const at = `${tool.at ?? 'tools'}.parameters`
    const removed = new Set<string>()
    const inlined = inlineReferences ? inline(tool.parameters, tool.parameters, []) : tool.parameters
    const cleaned = refused.size === 0 ? inlined : clean(inlined, refused, removed)
    for (const keyword of removed) diagnostics.dropped(`${at}.${keyword}`, 'the model refuses this keyword in schemas')
    const parameters = asObject(cleaned as JsonObject)
    return parameters === tool.parameters ? tool : { ...tool, parameters }
  })
}

/** Providers want arguments to be an object, and say so by its type. */
function asObject(schema: JsonObject): JsonObject {
  if (typeof schema.type === 'string' || schema.$ref !== undefined) return schema
  return { type: 'object', ...(schema.properties === undefined && { properties: {} }), ...schema }
}

/** The names of properties are no keywords, whatever they are called. */
function clean(schema: unknown, refused: ReadonlySet<string>, removed: Set<string>): unknown {
  if (Array.isArray(schema)) return schema.map(each => clean(each, refused, removed))
  if (!isObject(schema)) return schema
  const entries = Object.entries(schema).flatMap(([key, value]): [string, unknown][] => {
    if (refused.has(key)) {
      removed.add(key)
      return []
    }
    if (OF_NAMES.has(key) && isObject(value)) {
      const inner = Object.entries(value).map(([name, each]) => [name, clean(each, refused, removed)])
      return [[key, Object.fromEntries(inner)]]
    }
    return [[key, OF_VALUES.has(key) ? value : clean(value, refused, removed)]]
  })
  return Object.fromEntries(entries)
}

const OF_NAMES: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
])
const OF_VALUES: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'example', 'examples', 'required'])

/** Local references replaced by what they name. One that leads back to itself ends in "anything". */
function inline(schema: unknown, root: JsonObject, path: readonly string[]): unknown {
  if (Array.isArray(schema)) return schema.map(each => inline(each, root, path))
  if (!isObject(schema)) return schema
  const { $ref: reference, ...rest } = schema
  if (typeof reference === 'string') {
    const found = path.includes(reference) ? undefined : lookUp(reference, root)
    const others = inline(rest, root, path) as JsonObject
    return found ? { ...(inline(found, root, [...path, reference]) as JsonObject), ...others } : others
  }
  const kept = path.length === 0 && schema === root ? withoutDefinitions(schema) : schema
  return Object.fromEntries(Object.entries(kept).map(([key, value]) => [key, inline(value, root, path)]))
}

function withoutDefinitions({ $defs: _, definitions: __, ...schema }: JsonObject): JsonObject {
  return schema
}

function lookUp(reference: string, root: JsonObject): JsonObject | undefined {
  if (!reference.startsWith('#')) return undefined
  const steps = reference.slice(1).split('/').slice(1)
  const found = steps.reduce<unknown>((value, step) => {
    const key = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')
    return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
  }, root)
  return isObject(found) ? found : undefined
}
