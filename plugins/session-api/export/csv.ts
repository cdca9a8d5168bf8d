import type { SessionEvent } from 'lunaroute/sessions'

type Value = string | number | boolean | null | undefined

/** One column: its name, and its value from the events of a request. */
const COLUMNS: readonly (readonly [name: string, value: (events: Found) => Value])[] = [
  ['session_id', ({ first }) => first?.session_id],
  ['request_id', ({ first }) => first?.request_id],
  ['started_at', ({ started }) => started?.timestamp],
  ['completed_at', ({ completed }) => completed?.timestamp],
  ['dialect', ({ started }) => started?.dialect],
  ['provider', ({ started, response }) => response?.provider ?? started?.provider],
  ['model_requested', ({ started }) => started?.model_requested],
  ['model_used', ({ response }) => response?.model_used],
  ['status', ({ response }) => response?.status],
  ['outcome', ({ completed }) => completed?.outcome],
  ['error', ({ completed }) => completed?.error],
  ['finish_reason', ({ response }) => response?.finish_reason],
  ['is_streaming', ({ started }) => started?.is_streaming],
  ['input_tokens', ({ response }) => response?.input_tokens],
  ['output_tokens', ({ response }) => response?.output_tokens],
  ['thinking_tokens', ({ response }) => response?.thinking_tokens],
  ['reasoning_tokens', ({ response }) => response?.reasoning_tokens],
  ['cache_read_tokens', ({ response }) => response?.cache_read_tokens],
  ['cache_creation_tokens', ({ response }) => response?.cache_creation_tokens],
  ['audio_input_tokens', ({ response }) => response?.audio_input_tokens],
  ['audio_output_tokens', ({ response }) => response?.audio_output_tokens],
  ['total_tokens', ({ response }) => response?.total_tokens],
  ['is_usage_estimated', ({ response }) => response?.is_usage_estimated],
  ['time_to_first_token_ms', ({ streamed }) => streamed?.time_to_first_token_ms],
  ['total_duration_ms', ({ completed }) => completed?.total_duration_ms],
  ['provider_latency_ms', ({ completed }) => completed?.provider_latency_ms],
  ['proxy_overhead_ms', ({ completed }) => completed?.proxy_overhead_ms],
  ['total_cost_usd', ({ completed }) => completed?.estimated_cost?.total_cost_usd],
  ['tool_calls', ({ response }) => response?.tool_calls.map(each => each.tool_name).join(' ')],
  ['user_agent', ({ started }) => started?.user_agent],
  ['caller', ({ started }) => started?.caller],
  ['request_text', ({ request }) => request?.request_text],
  ['response_text', ({ response }) => response?.response_text],
]

type Found = ReturnType<typeof find>

function find(events: readonly SessionEvent[]) {
  return {
    first: events[0],
    started: events.find(each => each.type === 'started'),
    request: events.find(each => each.type === 'request_recorded'),
    streamed: events.find(each => each.type === 'stream_started'),
    response: events.find(each => each.type === 'response_recorded'),
    completed: events.find(each => each.type === 'completed'),
  }
}

/** The names of the columns. By RFC 4180. */
export function csvHeader(): string {
  return line(COLUMNS.map(([name]) => name))
}

/** A request as one row. */
export function csvRow(events: readonly SessionEvent[]): string {
  const found = find(events)
  return line(COLUMNS.map(([, value]) => value(found)))
}

function line(values: readonly Value[]): string {
  return `${values.map(field).join(',')}\r\n`
}

function field(value: Value): string {
  const text = String(value ?? '')
  // A spreadsheet takes these for the beginning of a formula, and runs it.
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
