import type { SessionEvent } from 'lunaroute/sessions'
import type { Database, Row } from './driver.ts'
import { EventNumbers } from './older-events.ts'
import { TOKEN_COLUMNS } from './schema.ts'
import type { Tables } from './tables.ts'
import { fromSql } from './time.ts'

/** `r` is a request that an older LunaRoute wrote: its row is all there is of it. */
const HAS_NO_EVENTS = 'NOT EXISTS (SELECT 1 FROM events e WHERE e.request_row = r.id)'

/** Events as they would have been recorded, of the requests of a session that have none. */
export function eventsOfOlderRows(database: Database, sessionId: string): readonly SessionEvent[] {
  const rows = database
    .prepare(
      `SELECT r.*, t.request_text, t.response_text FROM requests r LEFT JOIN request_texts t ON t.id = r.id
       WHERE r.session_id = ? AND r.completed_at IS NOT NULL AND ${HAS_NO_EVENTS}`,
    )
    .all(sessionId)
  if (rows.length === 0) return []
  const calls = database
    .prepare(
      `SELECT t.* FROM tool_call_executions t WHERE t.session_id = ? AND NOT EXISTS (
         SELECT 1 FROM requests r JOIN events e ON e.request_row = r.id WHERE r.request_id = t.request_id)`,
    )
    .all(sessionId)
  return rows.flatMap(row => eventsOf(row, calls))
}

/**
 * Makes way for the events of a request that an older LunaRoute wrote: it kept one row for all requests of a session, and
 * what is in it is in their events. False where the row is another.
 */
export function replaceOlderRow(tables: Tables, row: number): boolean {
  const found = tables.get(
    `SELECT session_id, success FROM requests r WHERE id = ? AND completed_at IS NOT NULL AND ${HAS_NO_EVENTS}`,
    [row],
  )
  if (!found) return false
  const session = String(found.session_id)
  const sums = [...TOKEN_COLUMNS, 'total_duration_ms', 'provider_latency_ms']
  const older =
    'request_id NOT IN (SELECT r.request_id FROM requests r JOIN events e ON e.request_row = r.id WHERE r.session_id = ?)'
  tables.run(
    `UPDATE sessions SET ${sums.map(name => `${name} = s.${name} - coalesce(r.${name}, 0)`).join(', ')},
       request_count = s.request_count - 1, unpriced_requests = s.unpriced_requests - (r.total_tokens > 0),
       tool_call_count = s.tool_call_count - (SELECT count(*) FROM tool_call_executions t WHERE t.session_id = ? AND ${older})
     FROM sessions s JOIN requests r USING (session_id) WHERE r.id = ? AND sessions.session_id = s.session_id`,
    [session, session, row],
  )
  for (const table of ['session_stats', 'tool_stats', 'tool_call_executions', 'stream_metrics']) {
    tables.run(`DELETE FROM ${table} WHERE session_id = ? AND ${older}`, [session, session])
  }
  return tables.run('DELETE FROM requests WHERE id = ?', [row]) > 0
}

function eventsOf(row: Row, calls: readonly Row[]): readonly SessionEvent[] {
  const { request_text, response_text, session_id, request_id } = row
  const [began, ended] = [fromSql(row.started_at) ?? '', fromSql(row.completed_at) ?? '']
  if (Number.isNaN(Date.parse(began))) return []
  const names = { session_id, request_id, timestamp: began }
  const last = { ...names, timestamp: Number.isNaN(Date.parse(ended)) ? began : ended }
  const { is_streaming, has_refusal, success } = row
  const flags = { is_streaming: is_streaming === 1, has_refusal: has_refusal === 1 }
  const older = [
    { ...row, ...names, ...flags, type: 'started' },
    ...(typeof request_text === 'string' ? [{ ...names, type: 'request_recorded', request_text }] : []),
    ...calls.map(call => ({ ...call, ...last, type: 'tool_call_recorded' })),
    { ...row, ...last, ...flags, type: 'response_recorded', response_text },
    {
      ...row,
      ...last,
      type: 'completed',
      provider_time_ms: row.provider_latency_ms,
      success: success === 1,
      error: row.error_message,
    },
  ]
  const numbers = new EventNumbers()
  return older.flatMap(each => numbers.read(each))
}
