import type { Database } from './driver.ts'
import { MIGRATIONS, SCHEMA_VERSION } from './schema.ts'

/** The schema of a database, 0 where it has none. */
export function versionOf(database: Database): number {
  const isThere = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'schema_version'").get()
  if (!isThere) return 0
  return Number(database.prepare('SELECT max(version) AS version FROM schema_version').get()?.version ?? 0)
}

/** Brings a database to the schema of this program, all or nothing. Throws for one that it cannot read. */
export function migrate(database: Database): void {
  const found = versionOf(database)
  if (found === SCHEMA_VERSION) return
  assertKnown(found)
  if (found === 0 && database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'sessions'").get()) {
    throw new Error('this file is the database of another program; choose another path')
  }
  database.exec('BEGIN IMMEDIATE')
  try {
    // Somebody else may have been first.
    const from = versionOf(database)
    database.exec('CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY)')
    for (const { version, sql } of MIGRATIONS.filter(each => each.version > from)) {
      database.exec(sql)
      database.prepare('INSERT INTO schema_version (version) VALUES (?)').run(version)
    }
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}

/** Throws for a schema that this program can neither read nor bring up to date. */
export function assertKnown(version: number): void {
  if (version > SCHEMA_VERSION) {
    throw new Error(
      `the sessions database has schema ${version}, from a newer LunaRoute; this one knows ${SCHEMA_VERSION} at most`,
    )
  }
  if (version > 0 && version < 5) {
    throw new Error(`the sessions database has the old schema ${version}; move it away or choose another path`)
  }
}
