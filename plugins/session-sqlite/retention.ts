import type { Database } from './driver.ts'
import { Tables } from './tables.ts'
import { toSql } from './time.ts'

/** So many sessions go in one transaction, so that nobody waits long. */
const BATCH = 100

/** Deletes sessions whose last request is older, oldest first. Returns how many. */
export function deleteOlderThan(database: Database, before: Date): number {
  const tables = new Tables(database)
  let deleted = 0
  for (;;) {
    const old = tables.all(
      'SELECT session_id FROM sessions WHERE last_request_at < ? ORDER BY last_request_at LIMIT ?',
      [toSql(before.toISOString()), BATCH],
    )
    if (old.length === 0) return deleted
    tables.transaction(() => {
      for (const { session_id } of old) {
        tables.run('DELETE FROM sessions WHERE session_id = ?', [String(session_id)])
      }
    })
    deleted += old.length
  }
}
