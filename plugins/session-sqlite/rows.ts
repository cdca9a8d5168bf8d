import type { SessionSummary } from 'lunaroute/sessions'
import type { Row } from './driver.ts'
import { TOKEN_COLUMNS } from './schema.ts'
import { fromSql } from './time.ts'

/** The columns of a session in a list. */
export const SUMMARY_COLUMNS = [
  'session_id',
  'started_at',
  'completed_at',
  'provider',
  'model_requested',
  'model_used',
  'success',
  'error_message',
  'request_count',
  'failed_requests',
  'total_duration_ms',
  'provider_latency_ms',
  'proxy_overhead_ms',
  'tool_call_count',
  'user_agent',
  'caller',
  'session_tags',
  'agent_id',
  'parent_id',
  'is_streaming',
  'total_cost_usd',
  'unpriced_requests',
  'total_tokens',
  ...TOKEN_COLUMNS,
]
  .map(name => `s.${name}`)
  .join(', ')

/** A row of `sessions` as readers see it. */
export function summaryOf(row: Row): SessionSummary {
  const tokens = Object.fromEntries([...TOKEN_COLUMNS, 'total_tokens' as const].map(name => [name, number(row[name])]))
  return {
    ...(tokens as Record<(typeof TOKEN_COLUMNS)[number] | 'total_tokens', number>),
    session_id: String(row.session_id),
    started_at: fromSql(row.started_at) ?? '',
    completed_at: fromSql(row.completed_at),
    provider: String(row.provider),
    model_requested: String(row.model_requested),
    model_used: text(row.model_used),
    success: row.success === null ? null : Boolean(row.success),
    error_message: text(row.error_message),
    request_count: number(row.request_count),
    failed_requests: number(row.failed_requests),
    total_duration_ms: number(row.total_duration_ms),
    provider_latency_ms: number(row.provider_latency_ms),
    proxy_overhead_ms: number(row.proxy_overhead_ms),
    tool_call_count: number(row.tool_call_count),
    user_agent: text(row.user_agent),
    caller: text(row.caller),
    session_tags: JSON.parse(text(row.session_tags) ?? '[]') as string[],
    agent_id: text(row.agent_id),
    parent_id: text(row.parent_id),
    is_streaming: Boolean(row.is_streaming),
    total_cost_usd: row.total_cost_usd === null ? null : number(row.total_cost_usd),
    unpriced_requests: number(row.unpriced_requests),
  }
}

function number(value: unknown): number {
  return Number(value ?? 0)
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
