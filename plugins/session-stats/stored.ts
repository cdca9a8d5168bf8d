import type {
  SessionFilter,
  SessionStatistics,
  SessionStore,
  SessionSummary,
  SessionSums,
  StatisticsSums,
  ToolUse,
} from 'lunaroute/sessions'

/** So many sessions are asked for at once. */
const PAGE = 500

/**
 * The statistics of what a store has: the sums of the sessions that the filter lets through, of the newest so many where
 * it has a limit, and `most` of them one by one.
 */
export async function readStored(store: SessionStore, filter: SessionFilter, most: number): Promise<SessionStatistics> {
  const limit = filter.limit ?? Number.POSITIVE_INFINITY
  const summaries: SessionSummary[] = []
  let cursor = filter.cursor
  do {
    const page = { ...filter, limit: Math.min(limit - summaries.length, PAGE), ...(cursor !== undefined && { cursor }) }
    const { sessions, next } = await store.list(page)
    summaries.push(...sessions)
    cursor = next ?? undefined
  } while (cursor !== undefined && summaries.length < limit)
  const tools = await toolsOf(store, summaries)
  const sessions = summaries.map(each => sumsOf(each, tools.get(each.session_id) ?? []))
  const shown = sessions.slice(0, most).reverse()
  return { sessions: shown, total: addUp(sessions), session_count: sessions.length }
}

/** The tool calls of each session. */
async function toolsOf(
  store: SessionStore,
  sessions: readonly SessionSummary[],
): Promise<ReadonlyMap<string, readonly ToolUse[]>> {
  const tools = new Map<string, ToolUse[]>()
  if (sessions.length === 0) return tools
  // Every request of a session is at or after its start, so nothing of what is shown is missing.
  const since = sessions.map(each => each.started_at).reduce((a, b) => (a < b ? a : b))
  for (const row of await store.report('session_tools', { since })) {
    const session = String(row.session_id)
    const use = {
      tool_name: String(row.tool_name),
      call_count: Number(row.call_count),
      avg_time_ms: row.avg_time_ms === null ? null : Number(row.avg_time_ms),
    }
    tools.set(session, [...(tools.get(session) ?? []), use])
  }
  return tools
}

function sumsOf(summary: SessionSummary, tools: readonly ToolUse[]): SessionSums {
  return {
    session_id: summary.session_id,
    started_at: summary.started_at,
    request_count: summary.request_count,
    failed_requests: summary.failed_requests,
    input_tokens: summary.input_tokens + summary.audio_input_tokens,
    output_tokens: summary.output_tokens + summary.audio_output_tokens,
    thinking_tokens: summary.thinking_tokens + summary.reasoning_tokens,
    cache_read_tokens: summary.cache_read_tokens,
    cache_creation_tokens: summary.cache_creation_tokens,
    total_tokens: summary.total_tokens,
    tool_call_count: summary.tool_call_count,
    tools,
    total_duration_ms: summary.total_duration_ms,
    provider_latency_ms: summary.provider_latency_ms,
    proxy_overhead_ms: summary.proxy_overhead_ms,
    total_cost_usd: summary.total_cost_usd,
    unpriced_requests: summary.unpriced_requests,
  }
}

function addUp(sessions: readonly SessionSums[]): StatisticsSums {
  const sum = (pick: (each: SessionSums) => number) => sessions.reduce((total, each) => total + pick(each), 0)
  const costs = sessions.flatMap(each => each.total_cost_usd ?? [])
  return {
    request_count: sum(each => each.request_count),
    failed_requests: sum(each => each.failed_requests),
    input_tokens: sum(each => each.input_tokens),
    output_tokens: sum(each => each.output_tokens),
    thinking_tokens: sum(each => each.thinking_tokens),
    cache_read_tokens: sum(each => each.cache_read_tokens),
    cache_creation_tokens: sum(each => each.cache_creation_tokens),
    total_tokens: sum(each => each.total_tokens),
    tool_call_count: sum(each => each.tool_call_count),
    tools: addUpTools(sessions.flatMap(each => each.tools)),
    total_duration_ms: sum(each => each.total_duration_ms),
    provider_latency_ms: sum(each => each.provider_latency_ms),
    proxy_overhead_ms: sum(each => each.proxy_overhead_ms),
    total_cost_usd: costs.length === 0 ? null : costs.reduce((total, each) => total + each, 0),
    unpriced_requests: sum(each => each.unpriced_requests),
  }
}

function addUpTools(uses: readonly ToolUse[]): readonly ToolUse[] {
  const names = [...new Set(uses.map(each => each.tool_name))]
  return names
    .map(tool_name => {
      const own = uses.filter(each => each.tool_name === tool_name)
      const timed = own.filter(each => each.avg_time_ms !== null)
      const calls = timed.reduce((sum, each) => sum + each.call_count, 0)
      const time = timed.reduce((sum, each) => sum + each.avg_time_ms! * each.call_count, 0)
      const call_count = own.reduce((sum, each) => sum + each.call_count, 0)
      return { tool_name, call_count, avg_time_ms: calls === 0 ? null : time / calls }
    })
    .sort((a, b) => b.call_count - a.call_count || a.tool_name.localeCompare(b.tool_name))
}
