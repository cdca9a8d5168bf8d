import { randomBytes } from 'node:crypto'
import { write } from 'node:fs'
import { openVault, Seal, type Stored } from './vault.ts'

/** A segment is written when so much has come, in bytes, or after so many milliseconds. */
const SEGMENT = 256 * 1024
const PAUSE = 20
/** A segment is no larger than this and one frame: it is copied on each side. */
const MAX_SEGMENT = 2 * 1024 * 1024
/** How many segments are written at a time. A busy serving thread hears late that one is. */
const MAX_WRITES = 8
/** What may wait in memory for a slow disk, in bytes: seconds of much traffic. */
const MAX_PENDING = 128 * 1024 * 1024
/** A file is let go when it has grown to this and has been read, in bytes. */
const FILE = 64 * 1024 * 1024
const HEADER = 16

export interface SpillOptions {
  readonly folder: string
  /** Bytes on disk. */
  readonly limit: number
  readonly key: Uint8Array
  /** A segment can be read. */
  onSegment(segment: SpillSegment): void
  /** Writing failed: frames of these exchanges are lost. */
  onFailure(error: Error, exchanges: ReadonlySet<number>): void
}

/** A piece of the spill that can be read. */
export interface SpillSegment extends Stored {
  readonly fd: number
}

interface SpillFile {
  readonly vault: ReturnType<typeof openVault>
  end: number
  /** How many of its segments have not been read, or not been written yet. */
  unread: number
}

interface Writing {
  /** Set once it is over: tells of it. */
  settle?: () => void
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
  /** The last one is being written to. */
  readonly #files: SpillFile[] = []
  /** What has been written and not been read, in order. */
  readonly #unread: { readonly segment: SpillSegment; readonly file: SpillFile }[] = []
  #pending: Frame[] = []
  #pendingBytes = 0
  /** What is being written, in order. */
  readonly #writing: Writing[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(options: SpillOptions) {
    this.#options = options
    this.#seal = new Seal(options.key)
  }

  /** Bytes on disk and waiting to be. */
  get used(): number {
    return this.#files.reduce((sum, { end }) => sum + end, this.#pendingBytes)
  }

  /** Whether nothing is left but what `take` returns. */
  get isRead(): boolean {
    return this.#unread.length === 0 && this.#writing.length === 0
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

  /** The reader has the oldest segment. */
  read(): void {
    const oldest = this.#unread.shift()
    if (!oldest) return
    oldest.file.unread--
    const [first] = this.#files
    if (first && first.unread === 0 && first.end >= FILE) this.#files.shift()?.vault.close()
  }

  /** What waits for being written, which need not be then. Empties the file. */
  take(): readonly Frame[] {
    const frames = this.#pending
    this.#reset()
    this.#close()
    return frames
  }

  /** There is another reader, which was told of nothing. */
  tellAgain(): void {
    for (const { segment } of this.#unread) this.#options.onSegment(segment)
  }

  close(): void {
    this.#reset()
    this.#close()
  }

  #close(): void {
    for (const { vault } of this.#files.splice(0)) vault.close()
    this.#unread.length = 0
  }

  #reset(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#pending = []
    this.#pendingBytes = 0
  }

  #flush(): void {
    do {
      if (this.#writing.length >= MAX_WRITES || this.#pending.length === 0) return
      this.#write(this.#nextFrames())
    } while (this.#pendingBytes >= SEGMENT)
    if (this.#pending.length > 0) this.#timer ??= setTimeout(() => this.#flush(), PAUSE)
  }

  #write(frames: readonly Frame[]): void {
    const fail = (error: Error): void => this.#options.onFailure(error, new Set(frames.map(each => each.exchange)))
    let file: SpillFile
    try {
      file = this.#fileToFill()
    } catch (error) {
      return fail(error as Error)
    }
    const { iv, sealed } = this.#seal.seal(frames.flatMap(frame => [headerOf(frame), frame.payload]))
    const bytes = Buffer.concat(sealed)
    const { fd } = file.vault
    const segment = { fd, at: file.end, length: bytes.length, iv }
    file.end += bytes.length
    file.unread++
    const writing: Writing = {}
    this.#writing.push(writing)
    writeAll(fd, bytes, segment.at, error => {
      writing.settle = () => {
        if (error) {
          file.unread--
          fail(error)
        } else {
          this.#unread.push({ segment, file })
          this.#options.onSegment(segment)
        }
      }
      // In order, whichever is written first.
      while (this.#writing[0]?.settle) this.#writing.shift()?.settle?.()
      this.#flush()
    })
  }

  /** The oldest of what waits, as much as one segment takes. */
  #nextFrames(): readonly Frame[] {
    let size = 0
    let count = 0
    while (count < this.#pending.length && size < MAX_SEGMENT) size += HEADER + this.#pending[count++]!.payload.length
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#pendingBytes -= size
    return this.#pending.splice(0, count)
  }

  #fileToFill(): SpillFile {
    const last = this.#files.at(-1)
    if (last && last.end < FILE) return last
    const name = `spill-${process.pid}-${randomBytes(8).toString('hex')}`
    const file = { vault: openVault(this.#options.folder, name), end: 0, unread: 0 }
    this.#files.push(file)
    return file
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
