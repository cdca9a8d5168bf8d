import type { ToolCallRecordedEvent, ToolResultRecordedEvent } from 'lunaroute/sessions'
import type { Tables } from './tables.ts'

export function applyToolCall(tables: Tables, row: number, event: ToolCallRecordedEvent): void {
  // The result may have come before, where files are read in no order.
  tables.run(
    `INSERT INTO tool_call_executions (session_id, request_id, tool_call_id, tool_name, tool_arguments,
       input_size_bytes) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (session_id, request_id, tool_call_id) DO UPDATE SET
       tool_arguments = excluded.tool_arguments, input_size_bytes = excluded.input_size_bytes`,
    [
      event.session_id,
      event.request_id,
      event.tool_call_id,
      event.tool_name,
      event.tool_arguments,
      event.input_size_bytes,
    ],
  )
  tables.run('UPDATE requests SET tool_call_count = tool_call_count + 1 WHERE id = ?', [row])
  tables.run('UPDATE sessions SET tool_call_count = tool_call_count + 1 WHERE session_id = ?', [event.session_id])
  toolStats(tables, event.session_id, event.request_id, event.tool_name)
}

export function applyToolResult(tables: Tables, event: ToolResultRecordedEvent): void {
  // A result whose call was not recorded is nobody's.
  if (event.call_request_id === null) return
  tables.run(
    `INSERT INTO tool_call_executions (session_id, request_id, tool_call_id, tool_name, execution_time_ms,
       output_size_bytes, success) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (session_id, request_id, tool_call_id) DO UPDATE SET execution_time_ms = excluded.execution_time_ms,
       output_size_bytes = excluded.output_size_bytes, success = excluded.success`,
    [
      event.session_id,
      event.call_request_id,
      event.tool_call_id,
      event.tool_name,
      event.execution_time_ms === null ? null : Math.round(event.execution_time_ms),
      event.output_size_bytes,
      event.success === null ? null : Number(event.success),
    ],
  )
  toolStats(tables, event.session_id, event.call_request_id, event.tool_name)
}

function toolStats(tables: Tables, session: string, request: string, tool: string): void {
  tables.run(
    `INSERT INTO tool_stats (session_id, request_id, model_name, tool_name, call_count, avg_execution_time_ms,
       error_count, tool_arguments)
     SELECT t.session_id, t.request_id, max(coalesce(r.model_used, r.model_requested)), t.tool_name, count(*),
       round(avg(t.execution_time_ms)), sum(t.success IS 0), max(t.tool_arguments)
     FROM tool_call_executions t LEFT JOIN requests r ON r.request_id = t.request_id
     WHERE t.session_id = ? AND t.request_id = ? AND t.tool_name = ?
     ON CONFLICT (session_id, request_id, tool_name) DO UPDATE SET call_count = excluded.call_count,
       avg_execution_time_ms = excluded.avg_execution_time_ms, error_count = excluded.error_count,
       tool_arguments = excluded.tool_arguments, model_name = excluded.model_name`,
    [session, request, tool],
  )
}
