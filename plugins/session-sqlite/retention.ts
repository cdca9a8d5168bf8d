import type { Database } from './driver.ts'
import { Tables } from './tables.ts'
import { toSql } from './time.ts'

/** So many sessions go at once, so that nobody waits long. */
const BATCH = 20

/** Deletes some of the sessions whose last request is older, oldest first. Returns whether there may be more. */
export function deleteOlderThan(database: Database, before: Date): boolean {
  const tables = new Tables(database)
  const old = tables.all('SELECT session_id FROM sessions WHERE last_request_at < ? ORDER BY last_request_at LIMIT ?', [
    toSql(before.toISOString()),
    BATCH,
  ])
  if (old.length === 0) return false
  tables.transaction(() => {
    for (const { session_id } of old) tables.run('DELETE FROM sessions WHERE session_id = ?', [String(session_id)])
  })
  return old.length === BATCH
}
