import { defineService } from '../service.ts'
import type { SessionEvent } from './events.ts'

/** One session in a log of sessions, as the log keeps it: a file, say. */
export interface SessionLogEntry {
  readonly session_id: string
  /** Names it to `read`; stays the same while the entry is where it is. */
  readonly name: string
  /** What it takes where it is kept, compressed or not. */
  readonly bytes: number
  /** When it was last written, in milliseconds since 1970. */
  readonly modifiedAt: number
}

/** Reads events back from where a writer logged them: to import them, or to repair what is made from them. */
export interface SessionLog {
  /** Every entry, oldest first. */
  entries(): AsyncIterable<SessionLogEntry>
  /**
   * The events of one entry in order. What cannot be read as an event is passed to `skipped` with its line, counted from
   * 1, and passed over. Rejects where nothing can be read at all: a wrong key, say.
   */
  read(entry: SessionLogEntry, skipped?: (line: number, reason: string) => void): AsyncIterable<SessionEvent>
  /** Deletes every entry of a session. False where there is none. */
  delete?(sessionId: string): Promise<boolean>
  /** Reads what lies elsewhere as this one reads its own: with the same key, say. Writes nothing there. */
  at?(place: string): SessionLog
}

/** For worker threads: a module that exports `createSessionLog(options): SessionLog`, and options that can be cloned. */
export interface SessionLogOffer {
  readonly log: SessionLog
  /** Where it is: a folder, say. */
  readonly place: string
  readonly module: string
  readonly options: unknown
}

export const sessionLogService = defineService<SessionLogOffer>('session log')
