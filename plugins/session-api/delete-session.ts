import type { SessionLog, SessionStore } from 'lunaroute/sessions'

/**
 * Deletes a session from the store and from the logs, out of which the store would be repaired otherwise. False where
 * the store has none.
 */
export async function deleteSession(store: SessionStore, logs: readonly SessionLog[], id: string): Promise<boolean> {
  if (!(await store.get(id))) return false
  // The logs first: what fails halfway can still be seen, and deleted again.
  for (const log of logs) await log.delete?.(id)
  return store.delete(id)
}
