import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'

export type SqlValue = string | number | null | Uint8Array
export type Row = Readonly<Record<string, unknown>>

/** A prepared statement. Parameters are by position; booleans are written as 0 and 1. */
export interface Statement {
  run(...values: readonly SqlValue[]): { readonly changes: number }
  get(...values: readonly SqlValue[]): Row | undefined
  all(...values: readonly SqlValue[]): readonly Row[]
}

/** What the three SQLite libraries have in common, as the plugin uses it. Synchronous. */
export interface Database {
  readonly driver: DriverName
  exec(sql: string): void
  /** Statements are kept, so that asking again costs nothing. */
  prepare(sql: string): Statement
  close(): void
}

export type DriverName = 'better-sqlite3' | 'node:sqlite' | 'node-sqlite3-wasm'

export interface OpenOptions {
  readonly isReadOnly: boolean
  /** Instead of the first that can be loaded. */
  readonly driver?: DriverName | undefined
  /** How long the thread waits where another program has locked the database, in milliseconds. Default: 2000. */
  readonly patience?: number
}

const require = createRequire(import.meta.url)

const DRIVERS: Readonly<Record<DriverName, (path: string, isReadOnly: boolean) => Database>> = {
  'better-sqlite3': openNative,
  'node:sqlite': openBuiltIn,
  'node-sqlite3-wasm': openWasm,
}

/** Opens a database file, with the fastest library there is. Files are for their owner alone. */
export function openDatabase(path: string, { isReadOnly, driver, patience = 2000 }: OpenOptions): Database {
  if (!isReadOnly) mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const names = driver ? [driver] : (Object.keys(DRIVERS) as DriverName[])
  for (const name of names) {
    let database: Database
    try {
      database = DRIVERS[name](path, isReadOnly)
    } catch (error) {
      if (!driver && error instanceof MissingDriver) continue
      throw error
    }
    try {
      database.exec(`PRAGMA busy_timeout = ${patience}; PRAGMA foreign_keys = ON`)
      if (!isReadOnly) prepareToWrite(database, path)
      return database
    } catch (error) {
      database.close()
      throw error
    }
  }
  throw new Error('no SQLite library could be loaded; install better-sqlite3 or node-sqlite3-wasm')
}

function prepareToWrite(database: Database, path: string): void {
  // WebAssembly has no shared memory, and keeps its journal.
  if (database.driver !== 'node-sqlite3-wasm') database.exec('PRAGMA journal_mode = WAL')
  database.exec('PRAGMA synchronous = NORMAL')
  for (const file of [path, `${path}-wal`, `${path}-shm`]) if (existsSync(file)) chmodSync(file, 0o600)
}

class MissingDriver extends Error {}

function load(name: string): unknown {
  try {
    return require(name)
  } catch (cause) {
    throw new MissingDriver(`${name} cannot be loaded`, { cause })
  }
}

interface NativeStatement {
  run(...values: readonly SqlValue[]): { readonly changes: number | bigint }
  get(...values: readonly SqlValue[]): unknown
  all(...values: readonly SqlValue[]): unknown[]
}

interface NativeDatabase {
  exec(sql: string): unknown
  prepare(sql: string): NativeStatement
  close(): void
}

function openNative(path: string, isReadOnly: boolean): Database {
  const Native = load('better-sqlite3') as new (path: string, options: object) => NativeDatabase
  let opened: NativeDatabase
  try {
    opened = new Native(path, { readonly: isReadOnly, fileMustExist: isReadOnly })
  } catch (error) {
    // The package is there, and what was compiled for it is not.
    if (!(error as { code?: string }).code?.startsWith('SQLITE'))
      throw new MissingDriver('better-sqlite3', { cause: error })
    throw error
  }
  return wrap('better-sqlite3', opened)
}

function openBuiltIn(path: string, isReadOnly: boolean): Database {
  const { DatabaseSync } = load('node:sqlite') as {
    DatabaseSync: new (path: string, options: object) => NativeDatabase
  }
  return wrap('node:sqlite', new DatabaseSync(path, { readOnly: isReadOnly }))
}

/** Where a database's head says that it is written to and read by way of a write-ahead log: 2, and 1 for none. */
const FORMAT_AT = 18

/**
 * WebAssembly cannot open a database that has a write-ahead log, as the other two leave it. One that was closed properly
 * has none left, and only says so. While there is one, another program may have it open.
 */
function leaveLog(path: string): void {
  if (!existsSync(path) || existsSync(`${path}-wal`)) return
  const file = openSync(path, 'r+')
  try {
    const format = Buffer.alloc(2)
    readSync(file, format, 0, 2, FORMAT_AT)
    if (format[0] === 2 && format[1] === 2) writeSync(file, Buffer.of(1, 1), 0, 2, FORMAT_AT)
  } finally {
    closeSync(file)
  }
}

interface WasmStatement {
  run(values: readonly SqlValue[]): { readonly changes: number }
  all(values: readonly SqlValue[]): unknown[]
  finalize(): void
}

function openWasm(path: string, isReadOnly: boolean): Database {
  const { Database: Wasm } = load('node-sqlite3-wasm') as {
    Database: new (
      path: string,
      options: object,
    ) => { exec(sql: string): void; prepare(sql: string): WasmStatement; close(): void }
  }
  leaveLog(path)
  const opened = new Wasm(path, { readOnly: isReadOnly, fileMustExist: isReadOnly })
  const open = new Set<WasmStatement>()
  return wrap('node-sqlite3-wasm', {
    exec: sql => opened.exec(sql),
    prepare: sql => {
      const statement = opened.prepare(sql)
      open.add(statement)
      return {
        run: (...values) => statement.run(values),
        // Its `get` leaves the statement open, and an open statement keeps a transaction from ending.
        get: (...values) => statement.all(values)[0],
        all: (...values) => statement.all(values),
      }
    },
    close: () => {
      for (const each of open) each.finalize()
      opened.close()
    },
  })
}

function wrap(driver: DriverName, native: NativeDatabase): Database {
  const statements = new Map<string, Statement>()
  return {
    driver,
    exec: sql => void native.exec(sql),
    prepare(sql) {
      let statement = statements.get(sql)
      if (!statement) {
        const made = native.prepare(sql)
        statement = {
          run: (...values) => ({ changes: Number(made.run(...values).changes) }),
          get: (...values) => (made.get(...values) ?? undefined) as Row | undefined,
          all: (...values) => made.all(...values) as Row[],
        }
        statements.set(sql, statement)
      }
      return statement
    },
    close() {
      statements.clear()
      native.close()
    },
  }
}
