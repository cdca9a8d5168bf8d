import { isDeepStrictEqual } from 'node:util'
import { isObject, type JsonObject } from 'lunaroute/neutral'

/** What is given, with what it lacks added, down through objects. The same value where it lacks nothing. */
export function under(given: unknown, usual: unknown): unknown {
  if (given === undefined) return usual
  return isObject(given) && isObject(usual) ? merged(given, usual, under) : given
}

/** What is given, with other values in it replaced, down through objects. The same value where nothing differs. */
export function over(given: unknown, wanted: unknown): unknown {
  if (isObject(given) && isObject(wanted)) return merged(given, wanted, over)
  return isDeepStrictEqual(given, wanted) ? given : wanted
}

function merged(given: JsonObject, other: JsonObject, merge: (given: unknown, other: unknown) => unknown): JsonObject {
  const entries = Object.entries(other).flatMap(([key, value]) => {
    const before = Object.hasOwn(given, key) ? given[key] : undefined
    const after = merge(before, value)
    return after === before ? [] : [[key, after] as const]
  })
  return entries.length === 0 ? given : Object.fromEntries([...Object.entries(given), ...entries])
}
