import type { SessionEvent } from 'lunaroute/sessions'
import type { EventSink } from './event-sink.ts'
import { findLogs, readLog } from './jsonl.ts'

/** So many events go into one transaction. */
const BATCH = 500

export interface Repaired {
  /** How many events were missing. */
  readonly events: number
  readonly badFiles: number
}

/**
 * Brings events that are in the session log but not in the database into it, from files that changed since a time. What
 * a crash kept from the database is there after it; what is there already is left alone.
 */
export async function repairFrom(folder: string, sink: EventSink, since: Date): Promise<Repaired> {
  let events = 0
  let badFiles = 0
  for (const { path, changedAt } of await findLogs(folder)) {
    if (changedAt < since) continue
    const content = await readLog(path).catch(() => undefined)
    if (!content) badFiles++
    else events += writeMissing(content.events, sink)
  }
  return { events, badFiles }
}

/** Returns how many of the events were missing. */
export function writeMissing(events: readonly SessionEvent[], sink: EventSink, batch = BATCH): number {
  let missing = 0
  for (let at = 0; at < events.length; at += batch) {
    const some = events.slice(at, at + batch)
    if (!sink.has(some)) missing += sink.write(some)
  }
  return missing
}
