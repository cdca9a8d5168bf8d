import type { SessionEvent, SessionLog } from 'lunaroute/sessions'
import type { EventSink } from './event-sink.ts'

/** So many events go into one transaction. */
const BATCH = 200

export interface Repaired {
  /** How many events were missing, apart from those that are on their way. */
  readonly events: number
  /** How many sessions of the log could not be read; the log itself counts as one. */
  readonly unreadable: number
}

/**
 * Brings events that are in the session log but not in the database into it, from entries that were written to since a
 * time. What a crash kept from the database is there after it; what is there already is left alone, and so is what was
 * recorded after `before`: it is on its way. What was recorded after `startedAt` may be, and is brought without a word.
 */
export async function repairFrom(
  log: SessionLog,
  sink: EventSink,
  since: Date,
  { before, startedAt }: { readonly before?: Date | undefined; readonly startedAt?: Date | undefined } = {},
): Promise<Repaired> {
  let events = 0
  let unreadable = 0
  const failed = () => void unreadable++
  for await (const entry of untilItFails(log.entries(), failed)) {
    if (entry.modifiedAt < since.getTime()) continue
    for await (const batch of batchesOf(untilItFails(log.read(entry), failed), BATCH)) {
      const wanted = batch.filter(each => isBefore(each, before))
      const missed = wanted.filter(each => isBefore(each, startedAt))
      events += writeMissing(missed, sink)
      writeMissing(wanted, sink)
    }
  }
  return { events, unreadable }
}

function isBefore({ timestamp }: SessionEvent, time: Date | undefined): boolean {
  return time === undefined || Date.parse(timestamp) < time.getTime()
}

/** Returns how many of the events were missing. */
export function writeMissing(events: readonly SessionEvent[], sink: EventSink): number {
  return sink.has(events) ? 0 : sink.write(events)
}

/** Lists of so many, the last one shorter. */
export async function* batchesOf<T>(values: AsyncIterable<T>, size: number): AsyncGenerator<readonly T[]> {
  let batch: T[] = []
  for await (const value of values) {
    batch.push(value)
    if (batch.length < size) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

/** What comes before a failure of the source; one of whoever takes it is not caught. */
async function* untilItFails<T>(values: AsyncIterable<T>, failed: () => void): AsyncGenerator<T> {
  try {
    yield* values
  } catch {
    failed()
  }
}
