import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { SessionEvent, SessionLog, SessionLogEntry } from 'lunaroute/sessions'
import { type Database, type DriverName, openDatabase } from './driver.ts'
import { EventSink } from './event-sink.ts'
import { migrate } from './migrate.ts'
import { batchesOf, writeMissing } from './repair.ts'

export interface ImportOptions {
  readonly log: SessionLog
  /** Where the log is. */
  readonly folder: string
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

/** Reads entries of the log into the database and tells of each. Ends at the first failure, if it is told to. */
export async function* importSessions(
  entries: readonly SessionLogEntry[],
  { log, folder, path, batchSize, skipExisting, continueOnError, dryRun, driver }: ImportOptions,
): AsyncGenerator<ImportedFile> {
  const before = existsSync(path) ? openDatabase(path, { isReadOnly: true, driver }) : undefined
  let existing: ReadonlySet<string>
  try {
    existing = before ? sessionsIn(before) : new Set()
  } finally {
    before?.close()
  }
  const database = dryRun ? undefined : openDatabase(path, { isReadOnly: false, driver })
  try {
    if (database) migrate(database)
    const sink = database && new EventSink(database)
    const known = skipExisting ? existing : new Set<string>()
    for (const entry of entries) {
      const imported = await importEntry(entry, { log, folder, sink, batchSize, known })
      yield imported
      if (imported.outcome === 'failed' && !continueOnError) return
    }
  } finally {
    database?.close()
  }
}

interface Importing {
  readonly log: SessionLog
  readonly folder: string
  /** None in a dry run. */
  readonly sink: EventSink | undefined
  readonly batchSize: number
  /** Sessions to be left alone. */
  readonly known: ReadonlySet<string>
}

async function importEntry(entry: SessionLogEntry, importing: Importing): Promise<ImportedFile> {
  const { log, folder, sink, batchSize, known } = importing
  const file = join(folder, entry.name)
  let first: SessionEvent | undefined
  let bad_lines = 0
  let events = 0
  let isSkipped = true
  try {
    for await (const batch of batchesOf(
      log.read(entry, () => bad_lines++),
      batchSize,
    )) {
      first ??= batch[0]
      const wanted = batch.filter(each => !known.has(each.session_id))
      if (wanted.length > 0) isSkipped = false
      events += sink ? writeMissing(wanted, sink) : wanted.length
    }
    if (!first) throw new Error('no line of it is an event of a session')
    const { session_id, timestamp } = first
    const outcome = isSkipped ? 'skipped' : 'imported'
    return { file, session_id, started_at: timestamp, outcome, events, bad_lines, error: null }
  } catch (error) {
    const told = { file, session_id: first?.session_id ?? entry.session_id, started_at: first?.timestamp ?? null }
    return { ...told, outcome: 'failed', events, bad_lines, error: (error as Error).message }
  }
}

function sessionsIn(database: Database): ReadonlySet<string> {
  const hasSessions = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'sessions'").get()
  if (!hasSessions) return new Set()
  const rows = database.prepare('SELECT session_id FROM sessions').all()
  return new Set(rows.map(each => String(each.session_id)))
}
