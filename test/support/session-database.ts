import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openDatabase } from '../../plugins/session-sqlite/driver.ts'
import { SqliteReader } from '../../plugins/session-sqlite/reader.ts'
import { SqliteWriter, type WriterOptions } from '../../plugins/session-sqlite/writer.ts'
import { testFolder } from './folder.ts'
import type { SessionShape } from './sessions.ts'

export const HOUR = 3_600_000
export const ago = (milliseconds: number) => new Date(Date.now() - milliseconds)

/** A database with its writer and a reader, for one test. */
export interface Bench {
  readonly path: string
  readonly writer: SqliteWriter
  readonly reader: SqliteReader
  readonly warnings: readonly string[]
  sql(query: string): readonly Readonly<Record<string, unknown>>[]
}

export async function bench(options: Partial<WriterOptions> = {}, startedAt?: Date): Promise<Bench> {
  const path = options.path ?? join(testFolder(), 'deep', 'sessions.db')
  const warnings: string[] = []
  const writer = new SqliteWriter(
    { path, ...options },
    { warn: message => warnings.push(message), ...(startedAt && { startedAt }) },
  )
  await writer.start()
  const reader = new SqliteReader({ path, driver: options.driver })
  onTestFinished(() => {
    reader.close()
    writer.close()
  })
  const sql = (query: string) => {
    const database = openDatabase(path, { isReadOnly: true, driver: options.driver })
    try {
      return database.prepare(query).all()
    } finally {
      database.close()
    }
  }
  return { path, writer, reader, warnings, sql }
}

export const shape = (id: string, more: Partial<SessionShape> = {}): SessionShape => ({ id, at: ago(HOUR), ...more })
