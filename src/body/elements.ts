import { isSpace, skipNested, skipSpace } from './json-skip.ts'
import { scanFields } from './scan.ts'

const COMMA = 0x2c
const OPENING = 0x7b

/** An array of a JSON object that begins with objects. */
export interface LeadingObjects {
  readonly field: string
  /** The index after the opening bracket. */
  readonly start: number
  /** The index after each object, up to the first element that is none. */
  readonly ends: readonly number[]
}

/** Of `fields`, which must be arrays of the JSON object in `bytes`, the longest, if it begins with an object. */
export function longestArray(bytes: Buffer, fields: readonly string[]): LeadingObjects | undefined {
  const scan = scanFields(bytes, fields)
  if (!scan.ok) return undefined
  const lengths = scan.ranges.map(range => (range ? range.end - range.start : 0))
  const longest = lengths.indexOf(Math.max(...lengths))
  const range = scan.ranges[longest]
  if (!range) return undefined
  const start = range.start + 1
  const ends = objectEnds(bytes, start)
  return ends.length > 0 ? { field: fields[longest]!, start, ends } : undefined
}

/**
 * The index after each object of an array, up to the first element that is none; `from` is the index after the opening
 * bracket or after an element. The bytes must be JSON.
 */
export function objectEnds(bytes: Buffer, from: number): readonly number[] {
  const ends: number[] = []
  let at = from
  while (bytes[at] === COMMA || isSpace(bytes[at])) at++
  while (bytes[at] === OPENING) {
    at = skipNested(bytes, at)
    ends.push(at)
    at = skipSpace(bytes, at)
    if (bytes[at] !== COMMA) break
    at = skipSpace(bytes, at + 1)
  }
  return ends
}
