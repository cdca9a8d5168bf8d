import { isObject, type JsonObject } from 'lunaroute/neutral'

/** Stands in a kept event for a text that the stream has said before. */
const HOLE = '@said'

/** Fields in which an event repeats what deltas said. */
const REPEATED = new Set(['text', 'refusal', 'arguments', 'input'])

/**
 * What the deltas of a stream have said, by where they said it. Later events repeat it: a decoder takes the repetition
 * out of what it keeps, so that there is one copy, and an encoder puts in what was said in the end.
 */
export class Transcript {
  readonly #said = new Map<string, string>()

  /** Appends a delta. `event` is the native event, which says where. */
  append(event: JsonObject, text: string): void {
    const key = keyOf(event)
    this.#said.set(key, (this.#said.get(key) ?? '') + text)
  }

  /** The event with every repeated text taken out. */
  withoutRepetition(event: JsonObject): JsonObject {
    const places = new Map<string, string>()
    for (const [key, text] of this.#said) if (text !== '') places.set(text, key)
    const strip = (value: unknown): unknown =>
      map(value, (inner, key) => {
        const place = typeof inner === 'string' && REPEATED.has(key) ? places.get(inner) : undefined
        return place === undefined ? strip(inner) : { [HOLE]: place }
      })
    return strip(event) as JsonObject
  }

  /** The event with its texts put in again. */
  withRepetition(event: JsonObject): JsonObject {
    const fill = (value: unknown): unknown =>
      map(value, inner =>
        isObject(inner) && typeof inner[HOLE] === 'string' ? this.#said.get(inner[HOLE]) : fill(inner),
      )
    return fill(event) as JsonObject
  }
}

function keyOf({ output_index, content_index, summary_index }: JsonObject): string {
  return [output_index, content_index, summary_index].join(':')
}

function map(value: unknown, change: (inner: unknown, key: string) => unknown): unknown {
  if (Array.isArray(value)) return value.map(inner => change(inner, ''))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, change(inner, key)]))
}
