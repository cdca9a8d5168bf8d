import { existsSync, statSync } from 'node:fs'
import { GatewayError } from 'lunaroute'
import type { EventSelection, SessionEvent, SessionFilter, SessionPage, SessionSummary } from 'lunaroute/sessions'
import { type Database, type DriverName, openDatabase, type Row } from './driver.ts'
import { faultOf } from './faults.ts'
import { listSessions } from './list.ts'
import { assertKnown, migrate, versionOf } from './migrate.ts'
import { eventsOfOlderRows } from './older-rows.ts'
import { type ReportFilter, report } from './reports.ts'
import { SUMMARY_COLUMNS, summaryOf } from './rows.ts'
import { SCHEMA_VERSION } from './schema.ts'
import { unpackEvent } from './stored-event.ts'

export interface ReaderOptions {
  readonly path: string
  readonly driver?: DriverName | undefined
}

/** Reads the database, synchronously, while another process or thread writes it. A file that is not there is empty. */
export class SqliteReader {
  readonly #options: ReaderOptions
  #open: { readonly database: Database; readonly file: bigint } | undefined

  constructor(options: ReaderOptions) {
    this.#options = options
  }

  list(filter: SessionFilter): SessionPage {
    return this.#read({ sessions: [], next: null }, database => listSessions(database, filter))
  }

  get(sessionId: string): SessionSummary | undefined {
    return this.#read(undefined, database => {
      const row = database.prepare(`SELECT ${SUMMARY_COLUMNS} FROM sessions s WHERE s.session_id = ?`).get(sessionId)
      return row && summaryOf(row)
    })
  }

  events(sessionId: string, requestId?: string, { types, isBrief = false }: EventSelection = {}): SessionEvent[] {
    return this.#read([], database => {
      const values = [sessionId, ...(requestId === undefined ? [] : [requestId]), ...(types ?? [])]
      const rows = database
        .prepare(
          `SELECT e.event${isBrief ? '' : ', e.body, b.body AS base_body'}
           FROM requests r JOIN events e ON e.request_row = r.id${isBrief ? '' : ' LEFT JOIN events b ON b.id = e.base'}
           WHERE r.session_id = ? ${requestId === undefined ? '' : 'AND r.request_id = ?'}
             ${types ? `AND e.type IN (${types.map(() => '?').join(', ')})` : ''}
           ORDER BY r.started_at, r.id, e.sequence`,
        )
        .all(...values)
      const older = eventsOfOlderRows(database, sessionId).filter(
        each => (requestId ?? each.request_id) === each.request_id && (types?.includes(each.type) ?? true),
      )
      return [...older, ...rows.map(row => unpackEvent(row, isBrief))]
    })
  }

  report(name: string, filter: ReportFilter): readonly Row[] {
    const ask = (database: Database) => report(database, name, filter, new Date())
    return this.#read<readonly Row[] | undefined>(undefined, ask) ?? this.#readNothing(ask)
  }

  /** Deletes through a connection of its own: this one only reads. */
  delete(sessionId: string): boolean {
    if (!existsSync(this.#options.path)) return false
    return guarded(() => {
      const database = openDatabase(this.#options.path, { isReadOnly: false, driver: this.#options.driver })
      try {
        assertCurrent(database)
        // What is deleted is gone from the file.
        database.exec('PRAGMA secure_delete = ON')
        return database.prepare('DELETE FROM sessions WHERE session_id = ?').run(sessionId).changes > 0
      } finally {
        database.close()
      }
    })
  }

  close(): void {
    this.#open?.database.close()
    this.#open = undefined
  }

  #read<T>(empty: T, ask: (database: Database) => T): T {
    return guarded(() => {
      const database = this.#database()
      return database ? ask(database) : empty
    })
  }

  /** Sums of nothing have their columns, too. */
  #readNothing<T>(ask: (database: Database) => T): T {
    return guarded(() => {
      const database = openDatabase(':memory:', { isReadOnly: false, driver: this.#options.driver })
      try {
        migrate(database)
        return ask(database)
      } finally {
        database.close()
      }
    })
  }

  #database(): Database | undefined {
    const { path, driver } = this.#options
    const file = statSync(path, { bigint: true, throwIfNoEntry: false })?.ino
    if (this.#open && this.#open.file !== file) this.close()
    if (file === undefined) return undefined
    if (!this.#open) {
      const database = openDatabase(path, { isReadOnly: true, driver })
      try {
        if (versionOf(database) === 0) {
          // Its writer has only now made it.
          database.close()
          return undefined
        }
        assertCurrent(database)
      } catch (error) {
        database.close()
        throw error
      }
      this.#open = { database, file }
    }
    return this.#open.database
  }
}

function assertCurrent(database: Database): void {
  const version = versionOf(database)
  assertKnown(version)
  if (version < SCHEMA_VERSION) {
    throw new Error(
      'the sessions database is of an older LunaRoute; start the gateway once, and it is brought up to date',
    )
  }
}

function guarded<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof GatewayError) throw error
    throw new GatewayError('LR_SESSIONS', 503, faultOf(error).message, { cause: error })
  }
}
