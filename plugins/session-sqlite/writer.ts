import { renameSync, rmSync, statSync } from 'node:fs'
import type { Status } from 'lunaroute'
import type { SessionEvent, SessionWriter, WriterContext } from 'lunaroute/sessions'
import { type Database, type DriverName, openDatabase } from './driver.ts'
import { EventSink } from './event-sink.ts'
import { type Fault, faultOf } from './faults.ts'
import { migrate } from './migrate.ts'
import { repairFrom } from './repair.ts'
import { deleteOlderThan } from './retention.ts'

/** What the recorder's worker gets. */
export interface WriterOptions {
  readonly path: string
  /** The folder of the session log, from which the database is repaired; none for no repair. */
  readonly repair_from?: string | undefined
  /** Sessions whose last request is older are deleted; 0 for never. */
  readonly max_age_days?: number | undefined
  readonly driver?: DriverName | undefined
  /** The most pages the file may have; none for no limit. */
  readonly most_pages?: number | undefined
}

/** How often old sessions are looked for, in milliseconds. */
const RETENTION_INTERVAL = 3_600_000

/** How far back the log is compared with the database at a start, in milliseconds. */
const REPAIR_WINDOW = 86_400_000

/** Writes to SQLite. A fault makes `write` reject, and the next one tries anew. */
export class SqliteWriter implements SessionWriter {
  readonly #options: WriterOptions
  readonly #context: WriterContext
  #open: { readonly database: Database; readonly sink: EventSink; readonly file: bigint } | undefined
  #fault: Fault | undefined
  #isRebuilding = false
  #cleanedAt = 0

  constructor(options: WriterOptions, context: WriterContext) {
    this.#options = options
    this.#context = context
  }

  /** Opens the database and repairs it. Never rejects: a fault is told by `status` and by `write`. */
  async start(): Promise<void> {
    try {
      const since = new Date()
      const { sink } = this.#connect()
      await this.#repair(sink, new Date(this.#isRebuilding ? 0 : since.getTime() - REPAIR_WINDOW))
      this.#isRebuilding = false
      sink.closeLost(since)
    } catch (error) {
      const wasRebuilding = this.#isRebuilding
      this.#failed(error)
      // A damaged file has been moved aside, and its successor can be filled at once.
      if (this.#isRebuilding && !wasRebuilding) await this.start()
    }
  }

  async write(events: readonly SessionEvent[]): Promise<void> {
    try {
      this.#connect().sink.write(events)
      this.#fault = undefined
      this.#clean()
    } catch (error) {
      throw this.#failed(error)
    }
    if (!this.#isRebuilding) return
    this.#isRebuilding = false
    await this.#repair(this.#connect().sink, new Date(0))
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
      const database = openDatabase(path, { isReadOnly: false, driver })
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
    return new Error(fault.message, { cause: error })
  }

  /** A damaged database is kept for whoever wants to rescue something; the log refills a new one. */
  #moveAside(): void {
    const { path } = this.#options
    const aside = `${path}.damaged-${new Date().toISOString().replaceAll(':', '-')}`
    try {
      renameSync(path, aside)
      for (const end of ['-wal', '-shm']) rmSync(path + end, { force: true })
      this.#isRebuilding = true
      this.#context.warn(`the sessions database was damaged and moved aside as ${aside.split('/').at(-1)}`)
    } catch {
      // The fault stays, and the next write meets it again.
    }
  }

  async #repair(sink: EventSink, since: Date): Promise<void> {
    const { repair_from: folder } = this.#options
    if (folder === undefined) return
    const { events, badFiles } = await repairFrom(folder, sink, since)
    if (events > 0) this.#context.warn(`${events} events were missing in the sessions database and came from the log`)
    if (badFiles > 0) this.#context.warn(`${badFiles} files of the session log could not be read for the repair`)
  }

  #clean(): void {
    const { max_age_days: days = 0 } = this.#options
    if (days === 0 || Date.now() - this.#cleanedAt < RETENTION_INTERVAL) return
    this.#cleanedAt = Date.now()
    deleteOlderThan(this.#connect().database, new Date(Date.now() - days * 86_400_000))
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
