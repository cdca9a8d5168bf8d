import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'

const DAY = /^\d{4}-\d{2}-\d{2}$/
const FILE = /^session_([A-Za-z0-9_-]{1,255})\.jsonl(\.enc)?(\.zst)?$/
const PART = /^session_[A-Za-z0-9_-]{1,255}\.jsonl(\.enc)?\.zst\.part$/
const SESSION_ID = /^[A-Za-z0-9_-]{1,220}$/

/** One session's file, as its name tells. */
export interface SessionFile {
  readonly path: string
  /** As its name has it, see `nameOf`. */
  readonly sessionId: string
  /** The folder it is in: a day, in UTC. */
  readonly day: string
  readonly isEncrypted: boolean
  readonly isCompressed: boolean
  readonly bytes: number
  readonly modifiedAt: number
}

/** The day of a time, as folders are called. */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}

/** When a day began, in milliseconds since 1970. */
export function startOf(day: string): number {
  return Date.parse(`${day}T00:00:00Z`)
}

export function fileName(sessionId: string, isEncrypted: boolean): string {
  return `session_${nameOf(sessionId)}.jsonl${isEncrypted ? '.enc' : ''}`
}

/** A session's id as files have it: names may have 255 bytes, and nothing in them may lead elsewhere. */
export function nameOf(sessionId: string): string {
  return SESSION_ID.test(sessionId) ? sessionId : createHash('sha256').update(sessionId).digest('hex')
}

/** Makes a folder that only its owner may enter. Throws where something else stands in its place. */
export function ensureFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  // The folder of a day that is a link would lead what is written, and later what is deleted, elsewhere.
  if (!lstatSync(path).isDirectory()) throw new Error(`${path} is no folder`)
}

/** The sessions under a directory, oldest first. Links, and what is called otherwise, are none. */
export function listFiles(directory: string): readonly SessionFile[] {
  const files = daysIn(directory).flatMap(day =>
    names(day).flatMap(name => {
      const file = fileAt(directory, basename(day), name)
      return file ? [file] : []
    }),
  )
  return files.sort((a, b) => (a.day === b.day ? a.modifiedAt - b.modifiedAt : a.day < b.day ? -1 : 1))
}

export function fileAt(directory: string, day: string, name: string): SessionFile | undefined {
  const match = FILE.exec(name)
  if (!match || !DAY.test(day)) return undefined
  const path = join(directory, day, name)
  try {
    const stat = lstatSync(path)
    if (!stat.isFile()) return undefined
    const [, sessionId, encrypted, compressed] = match
    return {
      path,
      sessionId: sessionId!,
      day,
      isEncrypted: encrypted !== undefined,
      isCompressed: compressed !== undefined,
      bytes: stat.size,
      modifiedAt: stat.mtimeMs,
    }
  } catch {
    // It went away meanwhile.
    return undefined
  }
}

/** The folders of days that have nothing in them. */
export function emptyDays(directory: string): readonly string[] {
  return daysIn(directory).filter(each => names(each).length === 0)
}

/** What a crash left of files that were being made. */
export function leftParts(directory: string): readonly string[] {
  return daysIn(directory).flatMap(day => names(day).flatMap(name => (PART.test(name) ? [join(day, name)] : [])))
}

function daysIn(directory: string): readonly string[] {
  const days = names(directory).filter(name => DAY.test(name))
  return days.map(name => join(directory, name)).filter(isFolder)
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

function isFolder(path: string): boolean {
  try {
    return lstatSync(path).isDirectory()
  } catch {
    return false
  }
}
