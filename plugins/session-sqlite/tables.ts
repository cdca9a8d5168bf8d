import type { Database, Row, SqlValue } from './driver.ts'

/** A value as an event has it. What an older log leaves out is null. */
type Value = SqlValue | boolean | undefined

/** Short words for what is asked of the database over and over. */
export class Tables {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Returns how many rows it changed. */
  run(sql: string, values: readonly Value[] = []): number {
    return this.#database.prepare(sql).run(...values.map(bind)).changes
  }

  get(sql: string, values: readonly Value[] = []): Row | undefined {
    return this.#database.prepare(sql).get(...values.map(bind))
  }

  all(sql: string, values: readonly Value[] = []): readonly Row[] {
    return this.#database.prepare(sql).all(...values.map(bind))
  }

  update(table: string, key: string, id: string | number, values: Readonly<Record<string, Value>>): void {
    const columns = Object.keys(values).map(name => `${name} = ?`)
    this.run(`UPDATE ${table} SET ${columns.join(', ')} WHERE ${key} = ?`, [...Object.values(values), id])
  }

  /** Everything or nothing. */
  transaction<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      try {
        this.#database.exec('ROLLBACK')
      } catch {
        // Some failures have ended the transaction already.
      }
      throw error
    }
  }
}

function bind(value: Value): SqlValue {
  if (typeof value === 'boolean') return Number(value)
  return value ?? null
}
