import {
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { loadZstd, type WriterContext } from 'lunaroute/sessions'
import { emptyDays, listFiles, type SessionFile, startOf } from './files.ts'
import type { WriterOptions } from './options.ts'

const DAY = 86_400_000
/** The first look comes soon after the start, but not in its way, in milliseconds. */
const FIRST = 5_000
/** Larger files are not compressed: they would have to be in memory whole. */
const MAX_COMPRESSED = 512 * 1024 * 1024

/** Deletes and compresses sessions by age and size, now and then. */
export class Retention {
  readonly #options: WriterOptions
  readonly #isOpen: (path: string) => boolean
  readonly #context: WriterContext
  #timer: NodeJS.Timeout

  constructor(options: WriterOptions, isOpen: (path: string) => boolean, context: WriterContext) {
    this.#options = options
    this.#isOpen = isOpen
    this.#context = context
    this.#timer = setTimeout(() => void this.#run(), FIRST)
    this.#timer.unref()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  async #run(): Promise<void> {
    try {
      await tidy(this.#options, Date.now(), this.#isOpen)
    } catch (error) {
      this.#context.warn(`sessions could not be tidied up: ${(error as Error).message}`)
    }
    this.#timer = setTimeout(() => void this.#run(), this.#options.retention.interval)
    this.#timer.unref()
  }
}

/** Deletes what is too old, then the oldest while all is too large, and compresses what is left and old enough. */
export async function tidy(
  { directory, retention }: WriterOptions,
  now: number,
  isOpen: (path: string) => boolean,
): Promise<{ readonly deleted: number; readonly compressed: number }> {
  // A session may be written to until the end of the day after its own.
  const ageOf = ({ day, modifiedAt }: SessionFile): number => now - Math.max(startOf(day) + DAY, modifiedAt)
  const files = listFiles(directory).filter(each => !isOpen(each.path))
  const expired = files.filter(each => ageOf(each) > retention.maxAge)
  let kept = files.filter(each => !expired.includes(each))
  let total = kept.reduce((sum, each) => sum + each.bytes, 0)
  const surplus: SessionFile[] = []
  for (const file of kept) {
    if (total <= retention.maxBytes) break
    surplus.push(file)
    total -= file.bytes
  }
  for (const { path } of [...expired, ...surplus]) unlinkSync(path)
  kept = kept.filter(each => !surplus.includes(each))
  let compressed = 0
  for (const file of kept) {
    if (file.isCompressed || file.bytes > MAX_COMPRESSED || ageOf(file) <= retention.compressAfter) continue
    await compress(file)
    compressed++
  }
  for (const folder of emptyDays(directory)) rmdirSync(folder)
  return { deleted: expired.length + surplus.length, compressed }
}

/** The compressed file is there before the other one goes. What was compressed of the session before stays in it. */
async function compress({ path }: SessionFile): Promise<void> {
  const zstd = await loadZstd()
  const part = `${path}.zst.part`
  const before = existsSync(`${path}.zst`) ? zstd.decompress(readWhole(`${path}.zst`)) : new Uint8Array()
  const bytes = zstd.compress(Buffer.concat([before, readWhole(path)]))
  const out = openSync(part, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW, 0o600)
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(out, bytes, done)
    fsyncSync(out)
  } finally {
    closeSync(out)
  }
  renameSync(part, `${path}.zst`)
  unlinkSync(path)
}

function readWhole(path: string): Buffer {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    return readFileSync(fd)
  } finally {
    closeSync(fd)
  }
}
