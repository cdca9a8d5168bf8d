// Most lines of an event are short; a byte loop finds their end faster than a call into native code.
const SHORT = 48

/** Finds the line ends of a buffer in order: LF, CR or both. No byte is looked at twice for the same of the two. */
export class LineEnds {
  readonly #bytes: Buffer
  #lf = -1
  #cr = -1

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** The index of the first CR or LF at or after `from`, which must not go back; the buffer's length when there is none. */
  next(from: number): number {
    const bytes = this.#bytes
    const limit = Math.min(from + SHORT, bytes.length)
    let at = from
    for (; at < limit; at++) {
      const byte = bytes[at] as number
      if (byte === 0x0a || byte === 0x0d) return at
    }
    if (at === bytes.length) return at
    if (this.#lf < at) this.#lf = find(bytes, 0x0a, at)
    if (this.#cr < at) this.#cr = find(bytes, 0x0d, at)
    return Math.min(this.#lf, this.#cr)
  }
}

function find(bytes: Buffer, byte: number, from: number): number {
  const index = bytes.indexOf(byte, from)
  return index < 0 ? bytes.length : index
}
