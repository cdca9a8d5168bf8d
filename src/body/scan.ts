import { Malformed, skipNested, skipNumber, skipSpace, skipString } from './json-skip.ts'

/** Where a field's value lies: from `start` up to but not including `end`. */
export interface FieldRange {
  readonly start: number
  readonly end: number
}

/** What a scan found: the range of each wanted field in the order asked, or where and why the bytes are not JSON. */
export type Scan =
  | { readonly ok: true; readonly ranges: readonly (FieldRange | undefined)[] }
  | { readonly ok: false; readonly at: number; readonly reason: string }

const LITERALS = ['true', 'false', 'null']

/**
 * Finds the values of a few top-level fields in the bytes of a JSON object without parsing it. Where a key repeats, the
 * last one counts. Always reads to the end: truncated input is never accepted, though broken JSON inside nested values may be.
 */
export function scanFields(bytes: Buffer, fields: readonly string[]): Scan {
  const ranges: (FieldRange | undefined)[] = []
  for (let i = 0; i < fields.length; i++) ranges.push(undefined)
  try {
    scanObject(bytes, fields, ranges)
    return { ok: true, ranges }
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, at: error.at, reason: error.message }
    throw error
  }
}

/**
 * The first value of one top-level field, without looking at what follows it: where the field stands in front, as `model`
 * does, the size of the body does not matter. For labels only: a repeated key, or bytes that are broken later, go unseen.
 */
export function scanFirst(bytes: Buffer, field: string): FieldRange | undefined {
  const ranges: (FieldRange | undefined)[] = [undefined]
  try {
    scanObject(bytes, [field], ranges, true)
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
  }
  return ranges[0]
}

/** The value in a range that a scan found. Throws a SyntaxError where the value turns out not to be JSON. */
export function readValue(bytes: Buffer, range: FieldRange): unknown {
  const { start, end } = range
  // Names and flags, which is what nearly every range holds. The scan has read a literal to its end.
  const first = bytes[start]
  if (first === 0x74) return true
  if (first === 0x66) return false
  if (first === QUOTE && isPlain(bytes, start + 1, end - 1)) return bytes.toString('latin1', start + 1, end - 1)
  return JSON.parse(bytes.toString('utf8', start, end))
}

const QUOTE = 0x22
/** Beyond this the native parser is faster. */
const SHORT = 64

/** Whether a string is short and nothing but printable ASCII without escapes. */
function isPlain(bytes: Buffer, start: number, end: number): boolean {
  if (end - start > SHORT) return false
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number
    if (byte < 0x20 || byte > 0x7e || byte === 0x5c) return false
  }
  return true
}

function scanObject(
  bytes: Buffer,
  fields: readonly string[],
  ranges: (FieldRange | undefined)[],
  isFirstEnough = false,
): void {
  // Which lengths of keys are of any concern, a bit for each up to 32.
  let lengths = 0
  for (let i = 0; i < fields.length; i++) lengths |= 1 << (fields[i] as string).length
  let at = skipSpace(bytes, 0)
  if (bytes[at] !== 0x7b) throw unexpected(bytes, at, 'a JSON object')
  at = skipSpace(bytes, at + 1)
  let isFirst = true
  while (!isFirst || bytes[at] !== 0x7d) {
    isFirst = false
    if (bytes[at] !== 0x22) throw unexpected(bytes, at, 'a key')
    const keyStart = at
    const keyEnd = skipString(bytes, at)
    at = skipSpace(bytes, keyEnd)
    if (bytes[at] !== 0x3a) throw unexpected(bytes, at, 'a colon')
    const start = skipSpace(bytes, at + 1)
    const end = skipValue(bytes, start)
    const mustDecode = isCoded(bytes, keyStart + 1, keyEnd - 1)
    if (mustDecode || (lengths >> (keyEnd - keyStart - 2)) & 1) {
      for (let i = 0; i < fields.length; i++) {
        const is = mustDecode ? decodesTo : spells
        if (is(bytes, keyStart + 1, keyEnd - 1, fields[i] as string)) ranges[i] = { start, end }
      }
    }
    if (isFirstEnough && ranges[0]) return
    at = skipSpace(bytes, end)
    if (bytes[at] === 0x7d) break
    if (bytes[at] !== 0x2c) throw unexpected(bytes, at, 'a comma or the end of the object')
    at = skipSpace(bytes, at + 1)
  }
  at = skipSpace(bytes, at + 1)
  if (at < bytes.length) throw new Malformed(at, 'something after the object')
}

function skipValue(bytes: Buffer, start: number): number {
  const byte = bytes[start]
  if (byte === 0x22) return skipString(bytes, start)
  if (byte === 0x7b || byte === 0x5b) return skipNested(bytes, start)
  if (byte === 0x2d || (byte !== undefined && byte >= 0x30 && byte <= 0x39)) return skipNumber(bytes, start)
  for (const literal of LITERALS) {
    if (byte !== literal.charCodeAt(0)) continue
    const end = start + literal.length
    if (spells(bytes, start, end, literal)) return end
  }
  throw unexpected(bytes, start, 'a value')
}

/** Whether bytes are a text, which is ASCII. */
function spells(bytes: Buffer, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false
  return true
}

/** Whether a key has to be decoded to be read. */
function isCoded(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === 0x5c || (bytes[at] as number) >= 0x80) return true
  return false
}

function decodesTo(bytes: Buffer, start: number, end: number, field: string): boolean {
  // No character takes more bytes than `\u0000`, so a longer key need not be decoded to be told apart.
  if (end - start > field.length * 6) return false
  try {
    return JSON.parse(bytes.toString('utf8', start - 1, end + 1)) === field
  } catch {
    throw new Malformed(start - 1, 'invalid key')
  }
}

function unexpected(bytes: Buffer, at: number, wanted: string): Malformed {
  return new Malformed(at, at < bytes.length ? `expected ${wanted}` : `unexpected end, expected ${wanted}`)
}
