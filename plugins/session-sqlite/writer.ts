import { renameSync, rmSync, statSync } from 'node:fs'
import type { Status } from 'lunaroute'
import type { SessionEvent, SessionLog, SessionWriter, WriterContext } from 'lunaroute/sessions'
import { type Database, type DriverName, openDatabase } from './driver.ts'
import { EventSink } from './event-sink.ts'
import { type Fault, faultOf } from './faults.ts'
import { FolderLog } from './folder-log.ts'
import { migrate } from './migrate.ts'
import { repairFrom } from './repair.ts'
import { deleteOlderThan } from './retention.ts'

/** What the recorder's worker gets. */
export interface WriterOptions {
  readonly path: string
  /** The session log from which the database is repaired: a folder, or a module that reads it; none for no repair. */
  readonly repair_from?:
    | { readonly folder: string }
    | { readonly module: string; readonly options: unknown }
    | undefined
  /** Sessions whose last request is older are deleted; 0 for never. */
  readonly max_age_days?: number | undefined
  readonly driver?: DriverName | undefined
  /** The most pages the file may have; none for no limit. */
  readonly most_pages?: number | undefined
}

/** As the file system calls it: the libraries differ. */
const CODES = { busy: 'EBUSY', full: 'ENOSPC', readonly: 'EROFS', corrupt: 'EIO' } as const

interface SessionLogModule {
  createSessionLog(options: unknown): SessionLog
}

/** How often old sessions are looked for, in milliseconds. */
const RETENTION_INTERVAL = 3_600_000

/** How long a locked database is waited for, in milliseconds: other writers are in this thread, and it tries again. */
const PATIENCE = 50

/** How far back the log is compared with the database at a start, in milliseconds. */
const REPAIR_WINDOW = 86_400_000

/** Writes to SQLite. A fault makes `write` reject, and the next one tries anew. */
export class SqliteWriter implements SessionWriter {
  readonly #options: WriterOptions
  readonly #context: WriterContext
  readonly #startedAt = new Date()
  #open: { readonly database: Database; readonly sink: EventSink; readonly file: bigint } | undefined
  #fault: Fault | undefined
  /** What is still to be done once the database can be written to. */
  #mending: { readonly since: Date } | undefined
  #cleanedAt = 0

  constructor(options: WriterOptions, context: WriterContext) {
    this.#options = options
    this.#context = context
  }

  /** Opens the database and repairs it. Never rejects: a fault is told by `status` and by `write`. */
  async start(): Promise<void> {
    this.#mending = { since: new Date(this.#startedAt.getTime() - REPAIR_WINDOW) }
    await this.#mend()
    // A damaged file has been moved aside, and its successor can be filled at once.
    if (this.#mending?.since.getTime() === 0) await this.#mend()
  }

  async write(events: readonly SessionEvent[]): Promise<void> {
    try {
      this.#connect().sink.write(events)
      this.#fault = undefined
      this.#clean()
    } catch (error) {
      throw this.#failed(error)
    }
    await this.#mend()
  }

  knows(sessionId: string): boolean {
    return this.#open?.sink.knows(sessionId) ?? false
  }

  status(): Status {
    return this.#fault ? { state: 'degraded', message: this.#fault.message } : { state: 'ok' }
  }

  close(): void {
    this.#open?.database.close()
    this.#open = undefined
  }

  #connect() {
    // A file that was moved or deleted would be written to where nobody finds it.
    if (this.#open && this.#open.file !== fileId(this.#options.path)) this.close()
    if (!this.#open) {
      const { path, driver, most_pages } = this.#options
      const database = openDatabase(path, { isReadOnly: false, driver, patience: PATIENCE })
      try {
        if (most_pages !== undefined) database.exec(`PRAGMA max_page_count = ${most_pages}`)
        migrate(database)
      } catch (error) {
        database.close()
        throw error
      }
      this.#open = { database, sink: new EventSink(database), file: fileId(path) }
    }
    return this.#open
  }

  #failed(error: unknown): Error {
    const fault = faultOf(error)
    if (this.#fault?.message !== fault.message) this.#context.warn(fault.message)
    this.#fault = fault
    if (fault.kind !== 'busy' && fault.kind !== 'full') {
      try {
        this.close()
      } catch {
        this.#open = undefined
      }
    }
    if (fault.kind === 'corrupt') this.#moveAside()
    // Nobody is to look for the reason in the events.
    const code = fault.kind === 'other' ? undefined : CODES[fault.kind]
    return Object.assign(new Error(fault.message, { cause: error }), code && { code })
  }

  /** A damaged database is kept for whoever wants to rescue something; the log refills a new one. */
  #moveAside(): void {
    const { path } = this.#options
    const aside = `${path}.damaged-${new Date().toISOString().replaceAll(':', '-')}`
    try {
      renameSync(path, aside)
      for (const end of ['-wal', '-shm']) rmSync(path + end, { force: true })
      this.#mending = { since: new Date(0) }
      this.#context.warn(`the sessions database was damaged and moved aside as ${aside.split('/').at(-1)}`)
    } catch {
      // The fault stays, and the next write meets it again.
    }
  }

  /** Brings in what the log has and the database lacks, and ends what nobody else will. Never rejects. */
  async #mend(): Promise<void> {
    if (!this.#mending) return
    const { since } = this.#mending
    try {
      const { sink } = this.#connect()
      await this.#repair(sink, since)
      sink.closeLost(this.#context.startedAt ?? this.#startedAt)
      this.#mending = undefined
    } catch (error) {
      this.#failed(error)
    }
  }

  async #repair(sink: EventSink, since: Date): Promise<void> {
    const log = await this.#log()
    if (!log) return
    // Other writers may have begun before this one; a database that begins anew needs all of it.
    const times = since.getTime() === 0 ? {} : { before: this.#startedAt, startedAt: this.#context.startedAt }
    const { events, unreadable } = await repairFrom(log, sink, since, times)
    if (events > 0) this.#context.warn(`${events} events were missing in the sessions database and came from the log`)
    if (unreadable > 0) this.#context.warn(`${unreadable} sessions of the log could not be read for the repair`)
  }

  async #log(): Promise<SessionLog | undefined> {
    const { repair_from: from } = this.#options
    if (!from) return undefined
    if ('folder' in from) return new FolderLog(from.folder)
    try {
      return ((await import(from.module)) as SessionLogModule).createSessionLog(from.options)
    } catch (error) {
      this.#context.warn(`the session log cannot be read for a repair: ${(error as Error).message}`)
      return undefined
    }
  }

  #clean(): void {
    const { max_age_days: days = 0 } = this.#options
    if (days === 0 || Date.now() - this.#cleanedAt < RETENTION_INTERVAL) return
    const before = new Date(Date.now() - days * 86_400_000)
    // The rest goes with the batches that come: other writers are in this thread.
    if (!deleteOlderThan(this.#connect().database, before)) this.#cleanedAt = Date.now()
  }
}

function fileId(path: string): bigint {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino ?? 0n
}

/** What the recorder's worker imports. */
export async function createWriter(options: unknown, context: WriterContext): Promise<SessionWriter> {
  const writer = new SqliteWriter(options as WriterOptions, context)
  await writer.start()
  return writer
}
