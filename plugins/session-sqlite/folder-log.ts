import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { loadZstd, type SessionEvent, type SessionLog, type SessionLogEntry } from 'lunaroute/sessions'
import { EventNumbers } from './older-events.ts'

const FILE = /\.jsonl(?:\.enc)?(?:\.zst)?$/
const SEALED = /\.enc(?:\.zst)?$/

/** Session logs of any LunaRoute in a folder: every `*.jsonl` below it, compressed and encrypted ones too. */
export class FolderLog implements SessionLog {
  readonly #folder: string
  readonly #sealed: SessionLog | undefined

  /** Encrypted files are read by `sealed`, which has their key. */
  constructor(folder: string, sealed?: SessionLog) {
    this.#folder = folder
    this.#sealed = sealed
  }

  /** A folder that is not there has none. */
  async *entries(): AsyncGenerator<SessionLogEntry> {
    const names = await readdir(this.#folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw error
    })
    const found = await Promise.all(names.filter(name => FILE.test(name)).map(name => this.#entry(name)))
    const entries = found.filter(each => each !== undefined)
    yield* entries.sort((a, b) => a.modifiedAt - b.modifiedAt || a.name.localeCompare(b.name))
  }

  async *read(entry: SessionLogEntry, skipped: (line: number, reason: string) => void = () => {}) {
    if (SEALED.test(entry.name)) {
      if (!this.#sealed) throw new Error('it is encrypted, and no plugin of this configuration has its key')
      return yield* this.#sealed.read(entry, skipped)
    }
    const numbers = new EventNumbers()
    let number = 0
    for await (const line of await linesOf(join(this.#folder, entry.name))) {
      number++
      if (line.trim() === '') continue
      let events: readonly SessionEvent[]
      try {
        events = numbers.read(JSON.parse(line))
      } catch (error) {
        skipped(number, (error as Error).message)
        continue
      }
      yield* events
    }
  }

  /** Undefined for what is no file, or went away meanwhile. */
  async #entry(name: string): Promise<SessionLogEntry | undefined> {
    const found = await stat(join(this.#folder, name)).catch(() => undefined)
    if (!found?.isFile()) return undefined
    const session_id = basename(name)
      .replace(FILE, '')
      .replace(/^session_/, '')
    return { session_id, name, bytes: found.size, modifiedAt: found.mtimeMs }
  }
}

async function linesOf(path: string): Promise<AsyncIterable<string>> {
  const input = path.endsWith('.zst') ? Readable.from([await unpacked(path)]) : createReadStream(path)
  return createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
}

async function unpacked(path: string): Promise<Buffer> {
  const [zstd, data] = await Promise.all([loadZstd(), readFile(path)])
  try {
    return Buffer.from(zstd.decompress(data))
  } catch (error) {
    throw new Error('it is not zstd, or not all of it is there', { cause: error })
  }
}
