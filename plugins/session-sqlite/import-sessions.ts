import { existsSync } from 'node:fs'
import type { SessionEvent } from 'lunaroute/sessions'
import { type Database, type DriverName, openDatabase } from './driver.ts'
import { EventSink } from './event-sink.ts'
import { type LogContent, type LogFile, readLog } from './jsonl.ts'
import { migrate } from './migrate.ts'
import { writeMissing } from './repair.ts'

export interface ImportOptions {
  readonly sessionsDir: string
  readonly path: string
  /** Events in a transaction. */
  readonly batchSize: number
  /** Leaves sessions alone that the database had before. */
  readonly skipExisting: boolean
  readonly continueOnError: boolean
  /** Reads everything and writes nothing. */
  readonly dryRun: boolean
  readonly driver?: DriverName | undefined
}

/** What became of one file. */
export interface ImportedFile {
  readonly file: string
  readonly session_id: string
  /** When its first request came. */
  readonly started_at: string | null
  readonly outcome: 'imported' | 'skipped' | 'failed'
  /** New ones; in a dry run, all that the file has. */
  readonly events: number
  /** Lines that are no events. */
  readonly bad_lines: number
  readonly error: string | null
}

/** Reads logs into the database, oldest first, and tells of each file. Ends at the first failure, if it is told to. */
export async function* importSessions(
  logs: readonly LogFile[],
  { path, batchSize, skipExisting, continueOnError, dryRun, driver }: ImportOptions,
): AsyncGenerator<ImportedFile> {
  const known = existsSync(path) ? openDatabase(path, { isReadOnly: true, driver }) : undefined
  let existing: ReadonlySet<string>
  try {
    existing = known ? sessionsIn(known) : new Set()
  } finally {
    known?.close()
  }
  const database = dryRun ? undefined : openDatabase(path, { isReadOnly: false, driver })
  try {
    if (database) migrate(database)
    const sink = database && new EventSink(database)
    for (const log of logs) {
      const imported = await importFile(log, { sink, batchSize, existing: skipExisting ? existing : new Set() })
      yield imported
      if (imported.outcome === 'failed' && !continueOnError) return
    }
  } finally {
    database?.close()
  }
}

interface Importing {
  readonly sink: EventSink | undefined
  readonly batchSize: number
  readonly existing: ReadonlySet<string>
}

async function importFile(log: LogFile, { sink, batchSize, existing }: Importing): Promise<ImportedFile> {
  const told = { file: log.path, session_id: log.session, started_at: null, events: 0, bad_lines: 0, error: null }
  try {
    const { events, badLines }: LogContent = await readLog(log.path)
    const [first] = events
    if (!first) throw new Error('no line of it is an event of a session')
    const found = { ...told, session_id: first.session_id, started_at: first.timestamp, bad_lines: badLines }
    const wanted = events.filter(each => !existing.has(each.session_id))
    if (wanted.length === 0) return { ...found, outcome: 'skipped' }
    return { ...found, outcome: 'imported', events: written(wanted, sink, batchSize) }
  } catch (error) {
    return { ...told, outcome: 'failed', error: (error as Error).message }
  }
}

function written(events: readonly SessionEvent[], sink: EventSink | undefined, batchSize: number): number {
  return sink ? writeMissing(events, sink, batchSize) : events.length
}

function sessionsIn(database: Database): ReadonlySet<string> {
  const hasSessions = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'sessions'").get()
  if (!hasSessions) return new Set()
  const rows = database.prepare('SELECT session_id FROM sessions').all()
  return new Set(rows.map(each => String(each.session_id)))
}
