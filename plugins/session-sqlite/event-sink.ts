import type { SessionEvent } from 'lunaroute/sessions'
import type { Database } from './driver.ts'
import { KnownBodies } from './known-bodies.ts'
import { replaceOlderRow } from './older-rows.ts'
import { applyCompleted, applyRequest, applyResponse, applyStarted, applyStreamStarted } from './request-events.ts'
import { packEvent } from './stored-event.ts'
import { Tables } from './tables.ts'
import { toSql } from './time.ts'
import { applyToolCall, applyToolResult } from './tool-events.ts'

const LOST = 'the gateway ended before the request did'

/** Writes events into the tables. Each counts once, however often it comes. */
export class EventSink {
  readonly #tables: Tables
  readonly #bodies = new KnownBodies((row, requestId) => this.#isThere(row, requestId))

  constructor(database: Database) {
    this.#tables = new Tables(database)
  }

  /** Writes a batch in one transaction. Returns how many of its events were new. */
  write(events: readonly SessionEvent[]): number {
    try {
      return this.#write(events)
    } catch (error) {
      this.#bodies.clear()
      throw error
    }
  }

  #write(events: readonly SessionEvent[]): number {
    return this.#tables.transaction(() => {
      const sessions = new Set<string>()
      const done = new Set<number>()
      const rows = new Map<string, number>()
      let written = 0
      for (const event of events) {
        const row = rows.get(event.request_id) ?? this.#rowOf(event)
        rows.set(event.request_id, row)
        if (!this.#keep(row, event)) continue
        written++
        sessions.add(event.session_id)
        this.#apply(row, event)
        if (event.type === 'completed') done.add(row)
      }
      for (const row of done) this.#index(row)
      for (const session of sessions) this.#settle(session)
      return written
    })
  }

  /** Ends requests that nobody is left to end: the gateway that served them has gone. Returns how many. */
  closeLost(before: Date): number {
    const at = toSql(before.toISOString())
    const lost = this.#tables.all('SELECT id, session_id FROM requests WHERE completed_at IS NULL AND started_at < ?', [
      at,
    ])
    if (lost.length === 0) return 0
    this.#tables.transaction(() => {
      for (const { id } of lost) {
        this.#tables.run(
          `UPDATE requests SET completed_at = started_at, success = 0, outcome = 'lost', error_message = ?
           WHERE id = ?`,
          [LOST, Number(id)],
        )
        this.#index(Number(id))
      }
      for (const session of new Set(lost.map(each => String(each.session_id)))) {
        this.#tables.update('sessions', 'session_id', session, { error_message: LOST })
        this.#settle(session)
      }
    })
    return lost.length
  }

  /** Whether every event of a list is there. */
  has(events: readonly SessionEvent[]): boolean {
    return events.every(({ request_id, sequence }) =>
      this.#tables.get(
        'SELECT 1 FROM requests r JOIN events e ON e.request_row = r.id WHERE r.request_id = ? AND e.sequence = ?',
        [request_id, sequence],
      ),
    )
  }

  /** Ids of rows that were deleted are given again. */
  #isThere(row: number, requestId: string): boolean {
    const sql = 'SELECT 1 FROM events e JOIN requests r ON r.id = e.request_row WHERE e.id = ? AND r.request_id = ?'
    return this.#tables.get(sql, [row, requestId]) !== undefined
  }

  knows(sessionId: string): boolean {
    return this.#tables.get('SELECT 1 FROM sessions WHERE session_id = ?', [sessionId]) !== undefined
  }

  /** The request's row, made from whatever event of it comes first. */
  #rowOf({ request_id, session_id, timestamp }: SessionEvent): number {
    const found = this.#tables.get('SELECT id FROM requests WHERE request_id = ?', [request_id])
    if (found && !replaceOlderRow(this.#tables, Number(found.id))) return Number(found.id)
    const at = toSql(timestamp)
    this.#tables.run(
      `INSERT OR IGNORE INTO sessions (session_id, request_id, started_at, last_request_at, provider, listener,
         model_requested) VALUES (?, ?, ?, ?, '', '', '')`,
      [session_id, request_id, at, at],
    )
    this.#tables.run('UPDATE sessions SET request_count = request_count + 1 WHERE session_id = ?', [session_id])
    const made = this.#tables.get(
      'INSERT INTO requests (request_id, session_id, started_at) VALUES (?, ?, ?) RETURNING id',
      [request_id, session_id, at],
    )
    return Number(made?.id)
  }

  /** Keeps the event as it came. False where it is there already. */
  #keep(row: number, event: SessionEvent): boolean {
    const packed = packEvent(event, this.#bodies)
    const added = this.#tables.get(
      `INSERT INTO events (request_row, sequence, type, timestamp, event, body, base) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (request_row, sequence) DO NOTHING RETURNING id`,
      [row, event.sequence, event.type, event.timestamp, packed.event, packed.body, packed.base],
    )
    if (added && packed.whole) this.#bodies.add(event.session_id, Number(added.id), event.request_id, packed.whole)
    return added !== undefined
  }

  #apply(row: number, event: SessionEvent): void {
    switch (event.type) {
      case 'started':
        return applyStarted(this.#tables, row, event)
      case 'request_recorded':
        return applyRequest(this.#tables, row, event)
      case 'stream_started':
        return applyStreamStarted(this.#tables, row, event)
      case 'tool_call_recorded':
        return applyToolCall(this.#tables, row, event)
      case 'tool_result_recorded':
        return applyToolResult(this.#tables, event)
      case 'response_recorded':
        return applyResponse(this.#tables, row, event)
      case 'completed':
        return applyCompleted(this.#tables, row, event)
    }
  }

  /** Brings the session's state up to date: whether it runs, and how it went. */
  #settle(session: string): void {
    this.#tables.run(
      `UPDATE sessions SET
         failed_requests = (SELECT count(*) FROM requests r WHERE r.session_id = sessions.session_id AND r.success = 0),
         completed_at = CASE WHEN EXISTS (SELECT 1 FROM requests r WHERE r.session_id = sessions.session_id
           AND r.completed_at IS NULL) THEN NULL ELSE coalesce(last_completed_at, last_request_at) END
       WHERE session_id = ?`,
      [session],
    )
    this.#tables.run(
      `UPDATE sessions SET success = CASE WHEN completed_at IS NOT NULL THEN failed_requests = 0 END,
         error_message = CASE WHEN failed_requests > 0 OR error_message <> ? THEN error_message END
       WHERE session_id = ?`,
      [LOST, session],
    )
  }

  /** Makes a request's words findable. */
  #index(row: number): void {
    this.#tables.run(
      `INSERT OR REPLACE INTO request_search (rowid, request_text, response_text, tool_arguments)
       SELECT r.id, coalesce(t.request_text, ''), coalesce(t.response_text, ''), coalesce((SELECT group_concat(
         e.tool_name || ' ' || coalesce(e.tool_arguments, ''), char(10)) FROM tool_call_executions e
         WHERE e.request_id = r.request_id), '')
       FROM requests r LEFT JOIN request_texts t ON t.id = r.id WHERE r.id = ?`,
      [row],
    )
  }
}
