import type { SessionEvent } from 'lunaroute/sessions'

export interface ToolCount {
  readonly tool_name: string
  readonly call_count: number
  /** Of all calls of the session. */
  readonly percentage: number
  readonly avg_time_ms: number | null
  readonly min_time_ms: number | null
  readonly max_time_ms: number | null
  readonly success_count: number
  readonly failure_count: number
}

export interface ToolUse {
  readonly total_tool_calls: number
  /** How many of the session's requests led to a tool call, in percent. */
  readonly tool_usage_percentage: number
  readonly by_tool: readonly ToolCount[]
}

interface Tally {
  calls: number
  times: number[]
  succeeded: number
  failed: number
}

/** How a session's events say its tools were used. */
export function toolsOf(events: readonly SessionEvent[]): ToolUse {
  const tallies = new Map<string, Tally>()
  const tallyOf = (name: string): Tally => {
    const tally = tallies.get(name) ?? { calls: 0, times: [], succeeded: 0, failed: 0 }
    tallies.set(name, tally)
    return tally
  }
  const requests = new Set<string>()
  const calling = new Set<string>()
  for (const event of events) {
    requests.add(event.request_id)
    if (event.type === 'tool_call_recorded') {
      calling.add(event.request_id)
      tallyOf(event.tool_name).calls++
    } else if (event.type === 'tool_result_recorded' && event.call_request_id !== null) {
      const tally = tallyOf(event.tool_name)
      if (event.execution_time_ms !== null) tally.times.push(event.execution_time_ms)
      if (event.success === true) tally.succeeded++
      if (event.success === false) tally.failed++
    }
  }
  const total = [...tallies.values()].reduce((sum, { calls }) => sum + calls, 0)
  return {
    total_tool_calls: total,
    tool_usage_percentage: requests.size === 0 ? 0 : (calling.size / requests.size) * 100,
    by_tool: [...tallies]
      .map(([name, tally]) => countOf(name, tally, total))
      .sort((a, b) => b.call_count - a.call_count || a.tool_name.localeCompare(b.tool_name)),
  }
}

function countOf(tool_name: string, { calls, times, succeeded, failed }: Tally, total: number): ToolCount {
  return {
    tool_name,
    call_count: calls,
    percentage: total === 0 ? 0 : (calls / total) * 100,
    avg_time_ms: times.length === 0 ? null : times.reduce((sum, each) => sum + each, 0) / times.length,
    min_time_ms: times.length === 0 ? null : Math.min(...times),
    max_time_ms: times.length === 0 ? null : Math.max(...times),
    success_count: succeeded,
    failure_count: failed,
  }
}
