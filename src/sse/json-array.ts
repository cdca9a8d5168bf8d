import { Accumulator, asBuffer } from '../body/accumulator.ts'
import { closingQuote, isEscaped, isSpace } from '../body/json-skip.ts'
import { type FrameLimit, MAX_FRAME_BYTES } from './parser.ts'

/** One element of a streamed JSON array: the separators that came before it, and its JSON from `start` to `end`. */
export interface JsonArrayElement {
  readonly raw: Buffer
  readonly start: number
  readonly end: number
}

/** Where in the stream the next byte is. `after`: past the closing bracket, or in something that is no array. */
type State = 'before' | 'between' | 'scalar' | 'nested' | 'string' | 'after'

/**
 * Splits a JSON array into its elements as they arrive, wherever its chunks were cut. The elements' bytes and the rest
 * are together what came in. An object, an array or a string is handed on at its last byte, anything else at the next.
 */
export class JsonArrayParser {
  readonly #onElement: (element: JsonArrayElement) => void
  readonly #limit: number
  readonly #partial = new Accumulator()
  #state: State = 'before'
  #depth = 0
  #isEscaped = false
  #isArray = false
  #isComplete = false
  /** Where the element begins, counted from the first byte not handed on. */
  #payload = 0

  constructor(onElement: (element: JsonArrayElement) => void, limit: FrameLimit = {}) {
    this.#onElement = onElement
    this.#limit = limit.maxFrameBytes ?? MAX_FRAME_BYTES
  }

  /** Whether what arrived so far began as an array. */
  get isArray(): boolean {
    return this.#isArray
  }

  push(bytes: Uint8Array): void {
    const chunk = asBuffer(bytes)
    let start = 0
    let at = 0
    while (at < chunk.length && this.#state !== 'after') {
      if (this.#state === 'string') at = this.#passString(chunk, at)
      else at = this.#step(chunk, at, start)
      if (this.#isComplete) {
        this.#emit(chunk.subarray(start, at))
        start = at
      }
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start))
  }

  /** The bytes after the last element: the closing bracket, or an element that never ended. */
  end(): Uint8Array {
    return this.#partial.take()
  }

  #step(chunk: Buffer, at: number, start: number): number {
    const byte = chunk[at]
    const bracket = (byte as number) | 0x20
    switch (this.#state) {
      case 'before':
        if (isSpace(byte)) return at + 1
        this.#isArray = byte === 0x5b
        this.#state = this.#isArray ? 'between' : 'after'
        return at + 1
      case 'scalar':
        if (byte !== 0x2c && byte !== 0x5d && !isSpace(byte)) return at + 1
        this.#complete()
        return at
      case 'between':
        if (byte === 0x2c || isSpace(byte)) return at + 1
        if (byte === 0x5d) {
          this.#state = 'after'
          return at + 1
        }
        this.#payload = this.#partial.length + at - start
        if (byte !== 0x22 && bracket !== 0x7b) {
          this.#state = 'scalar'
          return at + 1
        }
        this.#state = 'nested'
    }
    if (byte === 0x22) this.#state = 'string'
    else if (bracket === 0x7b) this.#depth++
    else if (bracket === 0x7d && --this.#depth === 0) this.#complete()
    return at + 1
  }

  #passString(chunk: Buffer, at: number): number {
    const from = this.#isEscaped ? at + 1 : at
    const quote = closingQuote(chunk, from)
    if (quote < 0) {
      this.#isEscaped = isEscaped(chunk, from, chunk.length)
      return chunk.length
    }
    this.#isEscaped = false
    if (this.#depth === 0) this.#complete()
    else this.#state = 'nested'
    return quote + 1
  }

  #complete(): void {
    this.#state = 'between'
    this.#isComplete = true
  }

  #emit(bytes: Buffer): void {
    this.#isComplete = false
    let raw = bytes
    if (this.#partial.length > 0) {
      this.#keep(bytes)
      raw = this.#partial.take()
    } else this.#check(bytes.length)
    this.#onElement({ raw, start: this.#payload, end: raw.length })
  }

  #keep(bytes: Buffer): void {
    this.#check(this.#partial.length + bytes.length)
    this.#partial.append(bytes)
  }

  #check(length: number): void {
    if (length > this.#limit) throw new Error(`An element of a JSON array is larger than ${this.#limit} bytes`)
  }
}
