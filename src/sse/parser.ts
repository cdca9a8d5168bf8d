import { Accumulator, asBuffer } from '../body/accumulator.ts'
import { SseFrame } from './frame.ts'
import { LineEnds } from './line-ends.ts'

export { SseFrame } from './frame.ts'

const LF = 0x0a
const CR = 0x0d
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

/** Limits of a splitter of streams. */
export interface FrameLimit {
  /** The largest single frame, in bytes; beyond it `push` throws. 64 MiB if absent. */
  readonly maxFrameBytes?: number
}

/** The limit where none is given. */
export const MAX_FRAME_BYTES = 64 * 1024 * 1024

/**
 * Splits a stream of server-sent events into frames, wherever its chunks were cut. The frames' bytes and the rest are
 * together what came in. A frame that lies in one chunk shares its memory; after an error the parser is of no more use.
 */
export class SseParser {
  readonly #onFrame: (frame: SseFrame) => void
  readonly #limit: number
  readonly #partial = new Accumulator()
  #isLineEmpty = true
  #endedInCr = false
  #isFirst = true
  // How much of a byte order mark has been seen; 4 when the stream no longer can have one.
  #markBytes = 0

  constructor(onFrame: (frame: SseFrame) => void, limit: FrameLimit = {}) {
    this.#onFrame = onFrame
    this.#limit = limit.maxFrameBytes ?? MAX_FRAME_BYTES
  }

  push(bytes: Uint8Array): void {
    const chunk = asBuffer(bytes)
    const lines = new LineEnds(chunk)
    let start = 0
    let at = this.#markBytes < 3 ? this.#skipMark(chunk) : 0
    // A frame is complete at its last CR. If the CR was half of a CRLF, the LF opens the next frame's bytes.
    if (this.#endedInCr && chunk[0] === LF) at = 1
    if (chunk.length > 0) this.#endedInCr = false
    while (at < chunk.length) {
      const end = lines.next(at)
      if (end === chunk.length) {
        this.#isLineEmpty = false
        break
      }
      const isBlank = this.#isLineEmpty && end === at
      this.#isLineEmpty = true
      at = end + 1
      if (chunk[end] === CR) {
        if (at === chunk.length) this.#endedInCr = true
        else if (chunk[at] === LF) at++
      }
      if (isBlank) {
        this.#emit(chunk.subarray(start, at))
        start = at
      }
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start))
  }

  /** The bytes of an event that its blank line never ended; empty when there are none. */
  end(): Uint8Array {
    return this.#partial.take()
  }

  #skipMark(chunk: Buffer): number {
    let at = 0
    while (at < chunk.length && this.#markBytes < 3) {
      if (chunk[at] !== BYTE_ORDER_MARK[this.#markBytes]) {
        if (this.#markBytes > 0) this.#isLineEmpty = false
        this.#markBytes = 4
        break
      }
      at++
      this.#markBytes++
    }
    return at
  }

  #emit(bytes: Buffer): void {
    let raw = bytes
    if (this.#partial.length > 0) {
      this.#keep(bytes)
      raw = this.#partial.take()
    } else this.#check(bytes.length)
    const isFirst = this.#isFirst
    this.#isFirst = false
    this.#onFrame(new SseFrame(raw, isFirst))
  }

  #keep(bytes: Buffer): void {
    this.#check(this.#partial.length + bytes.length)
    this.#partial.append(bytes)
  }

  #check(length: number): void {
    if (length > this.#limit) throw new Error(`A server-sent event is larger than ${this.#limit} bytes`)
  }
}
