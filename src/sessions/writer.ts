import { defineService } from '../service.ts'
import type { Status } from '../services.ts'
import type { SessionEvent } from './events.ts'

/** Puts recorded events somewhere. */
export interface SessionWriter {
  /**
   * Takes events in order: of a session, and of a request. Resolves when they are safe. When it rejects, the same events
   * come again later, maybe after a restart: writing one twice must do no harm (`request_id` and `sequence` tell). An event
   * that is refused again and again while others are taken is left out; an error with a `code` such as `ENOSPC` is nobody's.
   */
  write(events: readonly SessionEvent[]): Promise<void> | void
  /**
   * Whether it has a session from before: then a history that comes after a restart is none of its new words. At once, and
   * asked once for each session. Absent: nobody knows.
   */
  knows?(sessionId: string): boolean
  /** The last call. */
  close?(): Promise<void> | void
  /** How it stands; shown at /readyz. Absent: ok while `write` succeeds. */
  status?(): Status
}

/** What a module for the recorder's worker thread exports. */
export interface SessionWriterModule {
  createWriter(options: unknown, context: WriterContext): SessionWriter | Promise<SessionWriter>
}

export interface WriterContext {
  /** Reports a problem to the gateway's log. Holds no secret. */
  warn(message: string): void
  /** When recording began: what is older is of another process, or of a worker that failed. Absent: now. */
  readonly startedAt?: Date
}

/**
 * A writer as a plugin offers it. `module`: the file: URL of a SessionWriterModule, imported by the recorder's worker with
 * options that can be cloned, so that heavy work is off the serving thread. `writer`: an object that is called on the
 * serving thread, for what merely sends on.
 */
export type SessionWriterOffer =
  | { readonly name: string; readonly module: string; readonly options: unknown }
  | { readonly name: string; readonly writer: SessionWriter }

export const sessionWriterService = defineService<SessionWriterOffer>('session writer')
