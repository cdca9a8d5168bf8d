import { randomBytes } from 'node:crypto'
import { write } from 'node:fs'
import { openVault, Seal, type Stored } from './vault.ts'

/** A segment is written when so much has come, in bytes, or after so many milliseconds. */
const SEGMENT = 256 * 1024
const PAUSE = 20
/** What may wait in memory for a slow disk, in bytes. */
const MAX_PENDING = 32 * 1024 * 1024
const HEADER = 16

export interface SpillOptions {
  readonly folder: string
  /** Bytes on disk. */
  readonly limit: number
  readonly key: Uint8Array
  /** A segment can be read. */
  onSegment(fd: number, segment: Stored): void
  /** Writing failed: frames of these exchanges are lost. */
  onFailure(error: Error, exchanges: ReadonlySet<number>): void
}

interface Frame {
  readonly kind: number
  readonly exchange: number
  readonly time: number
  readonly payload: Buffer
}

/** Frames that found no room in the ring, on their way through a file. */
export class Spill {
  readonly #options: SpillOptions
  readonly #seal: Seal
  #file: ReturnType<typeof openVault> | undefined
  #pending: Frame[] = []
  #pendingBytes = 0
  #end = 0
  #segments = 0
  #isWriting = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: SpillOptions) {
    this.#options = options
    this.#seal = new Seal(options.key)
  }

  /** Bytes on disk and waiting to be. */
  get used(): number {
    return this.#end + this.#pendingBytes
  }

  /** Takes a copy. False where there is no room. */
  add(kind: number, exchange: number, time: number, payload: Uint8Array): boolean {
    const length = HEADER + payload.length
    if (this.#pendingBytes + length > MAX_PENDING || this.used + length > this.#options.limit) return false
    this.#pending.push({ kind, exchange, time, payload: Buffer.from(payload) })
    this.#pendingBytes += length
    if (this.#pendingBytes >= SEGMENT) this.#flush()
    else this.#timer ??= setTimeout(() => this.#flush(), PAUSE)
    return true
  }

  /** The reader has read so many segments. True when nothing is left but what `take` returns. */
  isReadUpTo(segments: number): boolean {
    return segments === this.#segments && !this.#isWriting
  }

  /** What waits for being written, which need not be then. Empties the file. */
  take(): readonly Frame[] {
    const frames = this.#pending
    this.#reset()
    this.#end = 0
    this.#file?.empty()
    return frames
  }

  /** There is another reader, which was told of nothing. */
  forget(): void {
    this.#segments = 0
  }

  close(): void {
    this.#reset()
    this.#file?.close()
    this.#file = undefined
  }

  #reset(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#pending = []
    this.#pendingBytes = 0
  }

  #flush(): void {
    if (this.#isWriting || this.#pending.length === 0) return
    const frames = this.#pending
    this.#reset()
    const fail = (error: Error): void => this.#options.onFailure(error, new Set(frames.map(each => each.exchange)))
    try {
      this.#file ??= openVault(this.#options.folder, `spill-${process.pid}-${randomBytes(8).toString('hex')}`)
    } catch (error) {
      return fail(error as Error)
    }
    const { iv, sealed } = this.#seal.seal(frames.flatMap(frame => [headerOf(frame), frame.payload]))
    const bytes = Buffer.concat(sealed)
    const at = this.#end
    const { fd } = this.#file
    this.#end += bytes.length
    this.#isWriting = true
    writeAll(fd, bytes, at, error => {
      this.#isWriting = false
      if (error) fail(error)
      else {
        this.#segments++
        this.#options.onSegment(fd, { at, length: bytes.length, iv })
      }
      if (this.#pendingBytes >= SEGMENT) this.#flush()
      else if (this.#pending.length > 0) this.#timer ??= setTimeout(() => this.#flush(), PAUSE)
    })
  }
}

function writeAll(fd: number, bytes: Buffer, at: number, done: (error: Error | null) => void): void {
  write(fd, bytes, 0, bytes.length, at, (error, count) => {
    if (error || count === bytes.length) done(error)
    else writeAll(fd, bytes.subarray(count), at + count, done)
  })
}

function headerOf({ kind, exchange, time, payload }: Frame): Buffer {
  const header = Buffer.allocUnsafe(HEADER)
  header.writeInt32LE(kind, 0)
  header.writeInt32LE(exchange, 4)
  header.writeFloatLE(time, 8)
  header.writeInt32LE(payload.length, 12)
  return header
}

/** The frames of a segment, in order. */
export function readSegment(
  bytes: Buffer,
  sink: (kind: number, exchange: number, time: number, payload: Buffer) => void,
): void {
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readInt32LE(at + 12)
    const start = at + HEADER
    const payload = bytes.subarray(start, start + length)
    sink(bytes.readInt32LE(at), bytes.readInt32LE(at + 4), bytes.readFloatLE(at + 8), payload)
    at = start + length
  }
}
