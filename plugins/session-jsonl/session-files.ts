import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writevSync } from 'node:fs'
import { join } from 'node:path'
import { LRUCache } from 'lru-cache'
import { dayOf, ensureFolder, fileAt, fileName, startOf } from './files.ts'

const MAX_OPEN = 100
/** A file that was not written to for so long need not stay open, in milliseconds. */
const IDLE = 300_000
const MAX_KNOWN = 10_000
const DAY = 86_400_000
const LF = 0x0a
/** Systems take no more buffers at once. */
const MAX_PIECES = 1_000
/** How far back the beginning of a torn line is looked for at a time, in bytes. */
const LOOK = 64 * 1024

interface OpenFile {
  readonly fd: number
  readonly path: string
  /** When it was last written to, in milliseconds since 1970. */
  usedAt: number
}

/** Appends whole lines to the files of sessions. A session stays in the folder of the day it began. */
export class SessionFiles {
  readonly #directory: string
  readonly #isEncrypted: boolean
  readonly #open = new LRUCache<string, OpenFile>({ max: MAX_OPEN, dispose: ({ fd }) => closeSync(fd) })
  readonly #days = new LRUCache<string, string>({ max: MAX_KNOWN })

  constructor(directory: string, isEncrypted: boolean) {
    this.#directory = directory
    this.#isEncrypted = isEncrypted
  }

  /** Throws where not all of it could be written; the file then is as it was. */
  append(sessionId: string, time: number, pieces: readonly (string | Uint8Array)[]): void {
    const file = this.#file(sessionId, time)
    const { size } = fstatSync(file.fd)
    try {
      writeAll(file.fd, buffersOf(pieces))
      file.usedAt = Date.now()
    } catch (error) {
      try {
        ftruncateSync(file.fd, size)
      } catch {
        // The next one to open it finds the torn line.
      }
      this.#open.delete(sessionId)
      throw error
    }
  }

  /** Whether a session has a file, of today or yesterday. */
  knows(sessionId: string): boolean {
    const name = fileName(sessionId, this.#isEncrypted)
    const now = Date.now()
    return [now, now - DAY].some(time => fileAt(this.#directory, dayOf(time), name) !== undefined)
  }

  /** Whether a file is being written to. One that no longer is gets closed. */
  has(path: string): boolean {
    const found = [...this.#open.entries()].find(([, each]) => each.path === path)
    if (!found) return false
    const [sessionId, { usedAt }] = found
    if (Date.now() - usedAt < IDLE) return true
    this.#open.delete(sessionId)
    return false
  }

  close(): void {
    this.#open.clear()
  }

  #file(sessionId: string, time: number): OpenFile {
    const known = this.#open.get(sessionId)
    // One that was moved or deleted meanwhile is written anew, not into what nobody can find.
    if (known && fstatSync(known.fd).nlink > 0) return known
    const name = fileName(sessionId, this.#isEncrypted)
    const day = this.#days.get(sessionId) ?? this.#dayOf(name, time)
    const folder = join(this.#directory, day)
    ensureFolder(folder)
    const path = join(folder, name)
    // After a reload two writers may append to the same file for a while.
    const mode = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW
    const fd = openSync(path, mode, 0o600)
    try {
      mend(fd)
      const file = { fd, path, usedAt: Date.now() }
      this.#open.set(sessionId, file)
      this.#days.set(sessionId, day)
      return file
    } catch (error) {
      closeSync(fd)
      throw error
    }
  }

  /** Yesterday, for a session that began then and was not known here any more. */
  #dayOf(name: string, time: number): string {
    const today = dayOf(time)
    const yesterday = dayOf(startOf(today) - DAY)
    return fileAt(this.#directory, yesterday, name) && !fileAt(this.#directory, today, name) ? yesterday : today
  }
}

/** Texts that follow each other in one buffer; large ones stay where they are. */
function buffersOf(pieces: readonly (string | Uint8Array)[]): Uint8Array[] {
  const buffers: Uint8Array[] = []
  let text = ''
  for (const piece of pieces) {
    if (typeof piece === 'string') text += piece
    else {
      buffers.push(Buffer.from(text), piece)
      text = ''
    }
  }
  if (text !== '') buffers.push(Buffer.from(text))
  return buffers
}

function writeAll(fd: number, buffers: readonly Uint8Array[]): void {
  let rest = buffers
  while (rest.length > 0) {
    let written = writevSync(fd, rest.slice(0, MAX_PIECES))
    rest = rest.flatMap(each => {
      const taken = Math.min(written, each.length)
      written -= taken
      return taken === each.length ? [] : [each.subarray(taken)]
    })
  }
}

/** Takes away the line that a crash tore. */
function mend(fd: number): void {
  const { size } = fstatSync(fd)
  let end = size
  while (end > 0) {
    const start = Math.max(0, end - LOOK)
    const bytes = Buffer.alloc(end - start)
    readSync(fd, bytes, 0, bytes.length, start)
    const at = bytes.lastIndexOf(LF)
    if (at >= 0) {
      end = start + at + 1
      break
    }
    end = start
  }
  if (end < size) ftruncateSync(fd, end)
}
