import {
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  futimesSync,
  openSync,
  readFileSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { loadZstd, type WriterContext } from 'lunaroute/sessions'
import { emptyDays, leftParts, listFiles, type SessionFile, startOf } from './files.ts'
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
  for (const path of leftParts(directory)) unlinkSync(path)
  const all = listFiles(directory)
  const files = all.filter(each => !isOpen(each.path))
  const expired = new Set(files.filter(each => ageOf(each) > retention.maxAge))
  let kept = files.filter(each => !expired.has(each))
  // What is being written to takes room, too.
  let total = all.reduce((sum, each) => (expired.has(each) ? sum : sum + each.bytes), 0)
  const surplus = new Set<SessionFile>()
  for (const file of kept) {
    if (total <= retention.maxBytes) break
    surplus.add(file)
    total -= file.bytes
  }
  for (const { path } of [...expired, ...surplus]) unlinkSync(path)
  kept = kept.filter(each => !surplus.has(each))
  let compressed = 0
  let failure: unknown
  for (const file of kept) {
    if (file.isCompressed || file.bytes > MAX_COMPRESSED || ageOf(file) <= retention.compressAfter) continue
    try {
      await compress(file)
      compressed++
    } catch (error) {
      // There may be room for the next one.
      failure ??= error
    }
  }
  for (const folder of emptyDays(directory)) rmdirSync(folder)
  if (failure !== undefined) throw failure
  return { deleted: expired.size + surplus.size, compressed }
}

/**
 * The compressed file is there before the other one goes, and is as old. What was compressed of the session before stays
 * in it.
 */
async function compress({ path, modifiedAt }: SessionFile): Promise<void> {
  const zstd = await loadZstd()
  const part = `${path}.zst.part`
  const before = existsSync(`${path}.zst`) ? zstd.decompress(readWhole(`${path}.zst`)) : new Uint8Array()
  const bytes = zstd.compress(Buffer.concat([before, readWhole(path)]))
  const out = openSync(part, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW, 0o600)
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(out, bytes, done)
    futimesSync(out, modifiedAt / 1000, modifiedAt / 1000)
    fsyncSync(out)
  } catch (error) {
    unlinkSync(part)
    throw error
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
