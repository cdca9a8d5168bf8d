import { randomUUID } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { isObject } from 'lunaroute/neutral'
import { type LeadingObjects, longestArray, objectEnds, sharedBeginning } from 'lunaroute/sessions'
import { type JsonBody, readJson } from './content.ts'

// An agent's requests repeat the conversation so far: of 200 KB, all but a few are what the request before had. Of the
// array that makes up most of a body, elements with equal bytes are not read again, but taken from the body before.

/** What is remembered of all bodies together, in bytes of them. What was read of one takes as much again, or twice that. */
const MAX_BYTES = 16 * 1024 * 1024
/** Smaller ones are read as soon as compared. */
const SMALLEST = 8 * 1024
/** A body is looked for by the bytes before these places: this one, twice as far, and so on. */
const FIRST_PLACE = 2 * 1024
const WINDOW = 64
/** Bodies of dialects have two or three arrays of objects; each is looked for at every key. */
const MOST_ARRAYS = 16
/** Stands for elements that are known. Nobody else can write it. */
const MARK = `known ${randomUUID()}`
const MARK_BYTES = Buffer.from(JSON.stringify(MARK))

interface KnownBody {
  readonly bytes: Buffer
  readonly value: Readonly<Record<string, unknown>>
  /** The array to take elements from, once it has been looked for; null where there is none. */
  array: LeadingObjects | null | undefined
}

/** Reads bodies as `readJson` does. Values of different bodies have elements in common: they must not be changed. */
export class KnownBodies {
  readonly #bodies = new LRUCache<string, KnownBody>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ bytes }) => Math.ceil(bytes.length / placesOf(bytes).length),
  })

  read(bytes: Buffer): JsonBody {
    if (bytes.length < SMALLEST || bytes.length > MAX_BYTES) return readJson(bytes)
    const keys = placesOf(bytes).map(at => `${at} ${bytes.toString('latin1', at - WINDOW, at)}`)
    // The further in, the surer it is the same conversation.
    for (const key of keys.toReversed()) {
      const known = this.#bodies.get(key)
      const next = known && goneOn(known, bytes)
      if (!next) continue
      this.#keep(keys, next)
      return { value: next.value, line: bytes }
    }
    const body = readJson(bytes)
    // What is on one line as it came has nothing in it that would have to be mended each time.
    if (isObject(body.value) && body.line === bytes) {
      this.#keep(keys, { bytes, value: body.value, array: undefined })
    }
    return body
  }

  #keep(keys: readonly string[], { bytes, value, array }: KnownBody): void {
    // A part of something larger would keep all of it.
    const own = bytes.buffer.byteLength > bytes.length ? Buffer.from(bytes) : bytes
    const known = { bytes: own, value, array }
    for (const key of keys) this.#bodies.set(key, known)
  }
}

function placesOf(bytes: Buffer): readonly number[] {
  const count = Math.floor(Math.log2(bytes.length / FIRST_PLACE)) + 1
  return Array.from({ length: count }, (_, i) => FIRST_PLACE * 2 ** i)
}

/** The body, where it has elements in common with one that is known. */
function goneOn(known: KnownBody, bytes: Buffer): KnownBody | undefined {
  if (known.array === undefined) known.array = arrayOf(known)
  if (!known.array) return undefined
  const { field, start, ends } = known.array
  const shared = sharedBeginning(bytes, known.bytes)
  const count = ends.findLastIndex(end => end <= shared) + 1
  const end = ends[count - 1]
  if (end === undefined || end < SMALLEST) return undefined
  const rest = Buffer.concat([bytes.subarray(0, start), MARK_BYTES, bytes.subarray(end)])
  const { value, line } = readJson(rest)
  if (line !== rest || !isObject(value)) return undefined
  const added = value[field]
  // Not so where what follows has the same field again, which then is the one that counts.
  if (!Array.isArray(added) || added[0] !== MARK) return undefined
  const before = known.value[field] as readonly unknown[]
  return {
    bytes,
    value: { ...value, [field]: [...before.slice(0, count), ...added.slice(1)] },
    array: { field, start, ends: [...ends.slice(0, count), ...objectEnds(bytes, end)] },
  }
}

function arrayOf({ bytes, value }: KnownBody): LeadingObjects | null {
  const fields = Object.keys(value).filter(key => {
    const list = value[key]
    return Array.isArray(list) && isObject(list[0])
  })
  return fields.length > MOST_ARRAYS ? null : (longestArray(bytes, fields) ?? null)
}
