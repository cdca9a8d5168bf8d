import type {
  CompletedEvent,
  RequestRecordedEvent,
  ResponseRecordedEvent,
  StartedEvent,
  StreamStartedEvent,
} from 'lunaroute/sessions'
import { TOKEN_COLUMNS } from './schema.ts'
import type { Tables } from './tables.ts'
import { toSql } from './time.ts'

/** How much of a text stands in the session's own row. The whole is in `request_texts`. */
const EXCERPT = 500

const GENERATED = '(output_tokens + thinking_tokens + reasoning_tokens + audio_output_tokens)'

export function applyStreamStarted(tables: Tables, row: number, event: StreamStartedEvent): void {
  tables.run('UPDATE requests SET time_to_first_token_ms = ? WHERE id = ?', [event.time_to_first_token_ms, row])
  tables.run('UPDATE sessions SET time_to_first_token_ms = coalesce(time_to_first_token_ms, ?) WHERE session_id = ?', [
    Math.round(event.time_to_first_token_ms),
    event.session_id,
  ])
}

export function applyStarted(tables: Tables, row: number, event: StartedEvent): void {
  const at = toSql(event.timestamp)
  tables.update('requests', 'id', row, {
    started_at: at,
    dialect: event.dialect,
    operation: event.operation,
    method: event.method,
    path: event.path,
    model_requested: event.model_requested,
    listener: event.listener,
    is_streaming: event.is_streaming,
    client_ip: event.client_ip,
    user_agent: event.user_agent,
    caller: event.caller,
    agent_id: event.agent_id,
    parent_id: event.parent_id,
  })
  tables.run('UPDATE requests SET provider = coalesce(provider, ?) WHERE id = ?', [event.provider, row])
  const session = tables.get('SELECT started_at, provider, session_tags FROM sessions WHERE session_id = ?', [
    event.session_id,
  ])
  // The first request of a session says whose it is.
  if (session?.provider === '' || String(session?.started_at) > at) {
    tables.update('sessions', 'session_id', event.session_id, {
      request_id: event.request_id,
      started_at: at,
      provider: event.provider,
      listener: event.listener,
      model_requested: event.model_requested,
      client_ip: event.client_ip,
      user_agent: event.user_agent,
      caller: event.caller,
      agent_id: event.agent_id,
      parent_id: event.parent_id,
    })
  }
  const tags = JSON.parse(String(session?.session_tags ?? '[]')) as string[]
  const all = [...new Set([...tags, ...event.session_tags])]
  if (all.length > tags.length) {
    tables.update('sessions', 'session_id', event.session_id, { session_tags: JSON.stringify(all) })
  }
  tables.run(
    `UPDATE sessions SET last_request_at = max(last_request_at, ?), is_streaming = max(is_streaming, ?)
     WHERE session_id = ?`,
    [at, Number(event.is_streaming), event.session_id],
  )
}

export function applyRequest(tables: Tables, row: number, event: RequestRecordedEvent): void {
  tables.update('requests', 'id', row, {
    request_size_bytes: event.request_size_bytes,
    message_count: event.message_count,
    new_message_count: event.new_message_count,
    tool_count: event.tool_count,
    has_system_prompt: event.has_system_prompt,
    has_tools: event.has_tools,
  })
  text(tables, row, 'request_text', event.request_text)
  tables.run('UPDATE sessions SET request_text = coalesce(request_text, ?) WHERE session_id = ?', [
    event.request_text.slice(0, EXCERPT),
    event.session_id,
  ])
}

export function applyResponse(tables: Tables, row: number, event: ResponseRecordedEvent): void {
  const tokens = Object.fromEntries(TOKEN_COLUMNS.map(name => [name, event[name]]))
  const known = event.provider === null ? {} : { provider: event.provider }
  tables.update('requests', 'id', row, {
    ...tokens,
    ...known,
    model_used: event.model_used,
    status: event.status,
    is_usage_estimated: event.is_usage_estimated,
    is_answered: event.total_tokens > 0,
    finish_reason: event.finish_reason,
    response_size_bytes: event.response_size_bytes,
    content_blocks: event.content_blocks,
    has_refusal: event.has_refusal,
    chunk_count: event.chunk_count,
    streaming_duration_ms: event.streaming_duration_ms,
  })
  text(tables, row, 'response_text', event.response_text)
  if (event.model_used !== null) nameModel(tables, event)
  const sums = TOKEN_COLUMNS.map(name => `${name} = ${name} + ?`).join(', ')
  tables.run(
    `UPDATE sessions SET ${sums}, finish_reason = ?, response_text = ?,
       chunk_count = coalesce(chunk_count, 0) + ?, streaming_duration_ms = coalesce(streaming_duration_ms, 0) + ?
     WHERE session_id = ?`,
    [
      ...TOKEN_COLUMNS.map(name => event[name]),
      event.finish_reason,
      event.response_text.slice(0, EXCERPT),
      event.chunk_count,
      Math.round(event.streaming_duration_ms),
      event.session_id,
    ],
  )
  if (event.is_streaming) stream(tables, row, event)
}

/** A session is called by the model that did most of it, and its provider: others write its title, say, or failed. */
function nameModel(tables: Tables, { session_id, model_used, provider }: ResponseRecordedEvent): void {
  const session = tables.get('SELECT model_used, provider FROM sessions WHERE session_id = ?', [session_id])
  if (session?.model_used === model_used && session?.provider === provider) return
  tables.run(
    `UPDATE sessions SET (model_used, provider) =
       (SELECT r.model_used, coalesce(r.provider, sessions.provider) FROM requests r WHERE r.session_id = ?
       AND r.model_used IS NOT NULL GROUP BY 1, 2 ORDER BY sum(r.total_tokens) DESC, max(r.id) DESC LIMIT 1)
     WHERE session_id = ?`,
    [session_id, session_id],
  )
}

function stream(
  tables: Tables,
  row: number,
  { session_id, request_id, chunk_latency_ms: latency, ...event }: ResponseRecordedEvent,
): void {
  tables.run(
    `INSERT INTO stream_metrics (session_id, request_id, time_to_first_token_ms, total_chunks, streaming_duration_ms,
       avg_chunk_latency_ms, p50_chunk_latency_ms, p95_chunk_latency_ms, p99_chunk_latency_ms)
     SELECT ?, ?, round(coalesce(time_to_first_token_ms, 0)), ?, ?, ?, ?, ?, ? FROM requests WHERE id = ?`,
    [
      session_id,
      request_id,
      event.chunk_count,
      Math.round(event.streaming_duration_ms),
      latency?.avg ?? null,
      latency?.p50 ?? null,
      latency?.p95 ?? null,
      latency?.p99 ?? null,
      row,
    ],
  )
}

export function applyCompleted(tables: Tables, row: number, event: CompletedEvent): void {
  const cost = event.estimated_cost
  tables.update('requests', 'id', row, {
    completed_at: toSql(event.timestamp),
    success: event.success,
    outcome: event.outcome,
    error_message: event.error,
    total_duration_ms: event.total_duration_ms,
    provider_latency_ms: event.provider_latency_ms,
    proxy_overhead_ms: event.proxy_overhead_ms,
    route: event.route,
    total_cost_usd: cost?.total_cost_usd ?? null,
    input_cost_usd: cost?.input_cost_usd ?? null,
    output_cost_usd: cost?.output_cost_usd ?? null,
    cache_read_cost_usd: cost?.cache_read_cost_usd ?? null,
    cache_creation_cost_usd: cost?.cache_creation_cost_usd ?? null,
  })
  tables.run(
    `UPDATE sessions SET total_duration_ms = coalesce(total_duration_ms, 0) + ?,
       provider_latency_ms = coalesce(provider_latency_ms, 0) + ?, proxy_overhead_ms = proxy_overhead_ms + ?,
       total_cost_usd = CASE WHEN ? IS NULL THEN total_cost_usd ELSE coalesce(total_cost_usd, 0) + ? END,
       last_completed_at = max(coalesce(last_completed_at, ''), ?), error_message = coalesce(?, error_message),
       unpriced_requests = unpriced_requests + (? IS NULL AND (SELECT is_answered FROM requests WHERE id = ?))
     WHERE session_id = ?`,
    [
      Math.round(event.total_duration_ms),
      Math.round(event.provider_latency_ms),
      event.proxy_overhead_ms,
      cost?.total_cost_usd ?? null,
      cost?.total_cost_usd ?? null,
      toSql(event.timestamp),
      event.error,
      cost?.total_cost_usd ?? null,
      row,
      event.session_id,
    ],
  )
  tables.run(
    `INSERT INTO session_stats (session_id, request_id, model_name, proxy_overhead_ms, ${TOKEN_COLUMNS.join(', ')},
       tokens_per_second, thinking_percentage, request_size_bytes, response_size_bytes, message_count,
       content_blocks, has_tools, has_refusal, user_agent)
     SELECT session_id, request_id, coalesce(model_used, model_requested, ''), proxy_overhead_ms,
       ${TOKEN_COLUMNS.join(', ')}, ${GENERATED} * 1000.0 / nullif(total_duration_ms, 0),
       (thinking_tokens + reasoning_tokens) * 100.0 / nullif(${GENERATED}, 0), request_size_bytes,
       response_size_bytes, message_count, content_blocks, has_tools, has_refusal, user_agent
     FROM requests WHERE id = ?`,
    [row],
  )
}

function text(tables: Tables, row: number, column: 'request_text' | 'response_text', text: string): void {
  tables.run(
    `INSERT INTO request_texts (id, ${column}) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET ${column} = excluded.${column}`,
    [row, text],
  )
}
