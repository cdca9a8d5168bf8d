import { randomBytes } from 'node:crypto'
import { write, writev } from 'node:fs'
import { MAX_PAYLOAD } from './frames.ts'
import { openVault, Seal, type Stored } from './vault.ts'

/** A segment is written when so much has come, in bytes, or after so many milliseconds. */
const SEGMENT = 256 * 1024
const PAUSE = 20
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
  /** Writing failed: so many frames, of these exchanges, are lost. */
  onFailure(error: Error, exchanges: ReadonlySet<number>, frames: number): void
}

/** A piece of the spill that can be read. */
export interface SpillSegment extends Stored {
  readonly fd: number
  readonly frames: number
}

interface SpillFile {
  readonly vault: ReturnType<typeof openVault>
  end: number
  /** How many of its segments have not been read, or not been written yet. */
  unread: number
}

/** A segment that waits for being written, or is. */
interface Sealed {
  readonly iv: Uint8Array
  readonly pieces: readonly Uint8Array[]
  readonly length: number
  readonly frames: number
  readonly exchanges: ReadonlySet<number>
  /** Set once it has been written or has failed: tells of it. */
  settle?: () => void
}

/** Frames that found no room in the ring, on their way through a file. */
export class Spill {
  readonly #options: SpillOptions
  readonly #seal: Seal
  /** The last one is being written to. */
  readonly #files: SpillFile[] = []
  /** What has been written and not been read, in order. */
  readonly #unread: { readonly segment: SpillSegment; readonly file: SpillFile }[] = []
  /** The segment that is being filled: one buffer for all of them. */
  #filling: Buffer | undefined
  #filled = 0
  #frames = 0
  #exchanges = new Set<number>()
  /** What waits for being written, and then what is written, in order. */
  readonly #waiting: Sealed[] = []
  readonly #writing: Sealed[] = []
  #timer: NodeJS.Timeout | undefined
  #added = 0
  #done = 0

  constructor(options: SpillOptions) {
    this.#options = options
    this.#seal = new Seal(options.key)
  }

  /** Bytes on disk and waiting to be. */
  get used(): number {
    return this.#files.reduce((sum, { end }) => sum + end, this.#pending)
  }

  get isEmpty(): boolean {
    return this.#filled + this.#unread.length + this.#writing.length + this.#waiting.length === 0
  }

  /** How many frames there have ever been. */
  get added(): number {
    return this.#added
  }

  /** How many of them have been read, or lost. */
  get done(): number {
    return this.#done
  }

  /** Takes a copy. False where there is no room. */
  add(kind: number, exchange: number, time: number, payload: Uint8Array): boolean {
    const length = HEADER + payload.length
    if (this.#pending + length > MAX_PENDING || this.used + length > this.#options.limit) return false
    this.#filling ??= Buffer.allocUnsafeSlow(SEGMENT + MAX_PAYLOAD + HEADER)
    const at = this.#filled
    this.#filling.writeInt32LE(kind, at)
    this.#filling.writeInt32LE(exchange, at + 4)
    this.#filling.writeFloatLE(time, at + 8)
    this.#filling.writeInt32LE(payload.length, at + 12)
    this.#filling.set(payload, at + HEADER)
    this.#filled += length
    this.#frames++
    this.#added++
    this.#exchanges.add(exchange)
    if (this.#filled >= SEGMENT) this.flush()
    else this.#timer ??= setTimeout(() => this.flush(), PAUSE)
    return true
  }

  /** What has been added by now is written, however little it is. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (!this.#filling || this.#filled === 0) return
    const { iv, sealed: pieces } = this.#seal.seal([this.#filling.subarray(0, this.#filled)])
    const length = pieces.reduce((sum, each) => sum + each.length, 0)
    this.#waiting.push({ iv, pieces, length, frames: this.#frames, exchanges: this.#exchanges })
    this.#filled = 0
    this.#frames = 0
    this.#exchanges = new Set()
    this.#write()
  }

  /** The reader has the oldest segment. */
  read(): void {
    const oldest = this.#unread.shift()
    if (!oldest) return
    oldest.file.unread--
    this.#done += oldest.segment.frames
    const [first] = this.#files
    if (first && first.unread === 0 && first.end >= FILE) this.#files.shift()?.vault.close()
    if (this.isEmpty) this.#close()
  }

  /** There is another reader, which was told of nothing. */
  tellAgain(): void {
    for (const { segment } of this.#unread) this.#options.onSegment(segment)
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#filled = 0
    this.#waiting.length = 0
    this.#unread.length = 0
    this.#close()
  }

  /** Lets go of what takes room, on disk and in memory. */
  #close(): void {
    for (const { vault } of this.#files.splice(0)) vault.close()
    this.#filling = undefined
  }

  get #pending(): number {
    return this.#waiting.reduce((sum, { length }) => sum + length, this.#filled)
  }

  #write(): void {
    while (this.#writing.length < MAX_WRITES) {
      const next = this.#waiting.shift()
      if (!next) return
      this.#writing.push(next)
      this.#writeOne(next)
    }
  }

  #writeOne(sealed: Sealed): void {
    let file: SpillFile
    try {
      file = this.#fileToFill()
    } catch (error) {
      sealed.settle = () => this.#lose(sealed, error as Error)
      this.#settle()
      return
    }
    const { iv, length, frames } = sealed
    const { fd } = file.vault
    const segment = { fd, at: file.end, length, iv, frames }
    file.end += length
    file.unread++
    writeAll(fd, sealed.pieces, segment.at, error => {
      sealed.settle = () => {
        if (error) {
          file.unread--
          this.#lose(sealed, error)
        } else {
          this.#unread.push({ segment, file })
          this.#options.onSegment(segment)
        }
      }
      this.#settle()
      this.#write()
    })
  }

  /** In order, whichever is written first. */
  #settle(): void {
    while (this.#writing[0]?.settle) this.#writing.shift()?.settle?.()
  }

  #lose({ exchanges, frames }: Sealed, error: Error): void {
    this.#done += frames
    this.#options.onFailure(error, exchanges, frames)
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

function writeAll(fd: number, pieces: readonly Uint8Array[], at: number, done: (error: Error | null) => void): void {
  writev(fd, pieces, at, (error, count) => {
    const rest = pieces.reduce((sum, each) => sum + each.length, -count)
    if (error || rest === 0) done(error)
    else writeRest(fd, Buffer.concat(pieces).subarray(count), at + count, done)
  })
}

function writeRest(fd: number, bytes: Buffer, at: number, done: (error: Error | null) => void): void {
  write(fd, bytes, 0, bytes.length, at, (error, count) => {
    if (error || count === bytes.length) done(error)
    else writeRest(fd, bytes.subarray(count), at + count, done)
  })
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
