import { rulesOf, type WriterOptions } from '../../plugins/session-jsonl/options.ts'
import type { SessionEvent, SessionLog } from '../../src/sessions/index.ts'

export const context = { warn: () => undefined }

/** A small event, for what concerns files alone. */
export function event(session: string, request: string, sequence: number, time = Date.now(), text = 'x'): SessionEvent {
  const small = {
    type: 'stream_started',
    session_id: session,
    request_id: request,
    sequence,
    timestamp: new Date(time).toISOString(),
    time_to_first_token_ms: 1,
    text,
  }
  return small as SessionEvent
}

export function options(directory: string, more: Partial<WriterOptions> = {}): WriterOptions {
  return { directory, encryption: null, retention: rulesOf({ retention: {} }), ...more }
}

/** Every event of a log. */
export async function readAll(log: SessionLog, skipped?: (line: number) => void): Promise<readonly SessionEvent[]> {
  const events: SessionEvent[] = []
  for await (const entry of log.entries()) for await (const each of log.read(entry, skipped)) events.push(each)
  return events
}
