const SMALLEST = 256

/** Collects bytes that arrive in pieces of any size, in time linear in their number. Keeps no hold on what it was given. */
export class Accumulator {
  #buffer = Buffer.alloc(0)
  #length = 0

  get length(): number {
    return this.#length
  }

  append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length
    if (length > this.#buffer.length) {
      // Doubling keeps one-byte pieces linear; a first piece, most often the only one, gets what it needs.
      const grown = Buffer.allocUnsafe(Math.max(length, this.#buffer.length * 2, SMALLEST))
      this.#buffer.copy(grown, 0, 0, this.#length)
      this.#buffer = grown
    }
    this.#buffer.set(bytes, this.#length)
    this.#length = length
  }

  /** Hands out all that was collected and starts anew. */
  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.#length)
    this.#buffer = Buffer.alloc(0)
    this.#length = 0
    return taken
  }
}

/** The same memory as a Buffer. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
