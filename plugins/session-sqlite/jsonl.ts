import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { SessionEvent } from 'lunaroute/sessions'
import { EventNumbers } from './older-events.ts'
import { loadZstd } from './zstd.ts'

/** A file of the session log. */
export interface LogFile {
  readonly path: string
  /** As the file's name says; the events have the true one. */
  readonly session: string
  readonly changedAt: Date
}

/** Every `*.jsonl` and `*.jsonl.zst` below a folder, oldest first. A folder that is not there has none. */
export async function findLogs(folder: string): Promise<readonly LogFile[]> {
  const names = await readdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const found = await Promise.all(
    names
      .filter(name => /\.jsonl(?:\.zst)?$/.test(name))
      .map(async name => {
        const path = join(folder, name)
        const { mtime } = await stat(path)
        const session = basename(name)
          .replace(/\.jsonl(?:\.zst)?$/, '')
          .replace(/^session_/, '')
        return { path, session, changedAt: mtime }
      }),
  )
  return found.sort((a, b) => a.changedAt.getTime() - b.changedAt.getTime() || a.path.localeCompare(b.path))
}

/** What a file of the log holds, and how many of its lines are no events (a crash can cut the last one). */
export interface LogContent {
  readonly events: readonly SessionEvent[]
  readonly badLines: number
}

export async function readLog(path: string): Promise<LogContent> {
  const bytes = await readFile(path)
  const text = path.endsWith('.zst') ? Buffer.from((await loadZstd()).decompress(bytes)).toString() : bytes.toString()
  const numbers = new EventNumbers()
  const events: SessionEvent[] = []
  let badLines = 0
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    const read = eventsIn(line, numbers)
    if (read) events.push(...read)
    else badLines++
  }
  return { events, badLines }
}

function eventsIn(line: string, numbers: EventNumbers): readonly SessionEvent[] | undefined {
  try {
    return numbers.read(JSON.parse(line))
  } catch {
    return undefined
  }
}
