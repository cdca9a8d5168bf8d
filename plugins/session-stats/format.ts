import type { SessionStatistics, StatisticsSums, ToolUse } from 'lunaroute/sessions'

const RULE = '═'.repeat(39)

/** Statistics as people read them. */
export function formatStatistics({ sessions, total, session_count }: SessionStatistics): string {
  if (session_count === 0) return 'No sessions to report.'
  const blocks = sessions.map(each => [`Session: ${each.session_id}`, ...figures(each)].join('\n'))
  if (session_count > 1) {
    const kept = session_count > sessions.length ? ` (the last ${number(sessions.length)} are shown one by one)` : ''
    blocks.push([`All ${number(session_count)} sessions${kept}`, ...figures(total)].join('\n'))
  }
  return ['📊 Session Statistics Summary', RULE, blocks.join(`\n\n${RULE}\n`), '', cost(total)].join('\n')
}

function figures(sums: StatisticsSums): string[] {
  const tokens: (readonly [string, string])[] = [
    [
      'Requests:',
      number(sums.request_count) + (sums.failed_requests > 0 ? ` (${number(sums.failed_requests)} failed)` : ''),
    ],
    ['Input tokens:', number(sums.input_tokens)],
    ['Output tokens:', number(sums.output_tokens)],
    ['Thinking tokens:', number(sums.thinking_tokens)],
  ]
  if (sums.cache_read_tokens > 0) tokens.push(['Cache read:', number(sums.cache_read_tokens)])
  if (sums.cache_creation_tokens > 0) tokens.push(['Cache written:', number(sums.cache_creation_tokens)])
  tokens.push(['Total tokens:', number(sums.total_tokens)])
  return [...table(tokens, 2), ...toolLines(sums.tools), ...performance(sums)]
}

function toolLines(tools: readonly ToolUse[]): string[] {
  if (tools.length === 0) return []
  const rows = tools.map(({ tool_name, call_count, avg_time_ms }) => {
    const calls = `${number(call_count)} ${call_count === 1 ? 'call' : 'calls'}`
    return [`${tool_name}:`, avg_time_ms === null ? calls : `${calls} (avg ${duration(avg_time_ms)})`] as const
  })
  return ['', '  Tool usage:', ...table(rows, 4)]
}

function performance(sums: StatisticsSums): string[] {
  const { request_count: count, proxy_overhead_ms: overhead, provider_latency_ms: provider } = sums
  if (count === 0) return []
  const whole = overhead + provider
  const share = (part: number) => (whole === 0 ? '' : ` (${((part / whole) * 100).toFixed(1)}%)`)
  return [
    '',
    '  Performance:',
    ...table(
      [
        ['Avg response time:', duration(sums.total_duration_ms / count)],
        ['Proxy overhead:', `${duration(overhead)} total${share(overhead)}`],
        ['Provider latency:', `${duration(provider / count, 3)}${share(provider)}`],
      ],
      4,
    ),
  ]
}

function cost({ total_cost_usd: total, unpriced_requests: unpriced }: StatisticsSums): string {
  const rest = unpriced === 0 ? '' : `, ${number(unpriced)} ${unpriced === 1 ? 'request' : 'requests'} unpriced`
  if (total === null) return unpriced === 0 ? '💰 Estimated cost: none' : `💰 Estimated cost: unknown${rest}`
  // Less than a cent is still something.
  const digits = total >= 0.01 || total === 0 ? 2 : 4
  return `💰 Estimated cost: $${total.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })} USD${rest}`
}

function table(rows: readonly (readonly [string, string])[], indent: number): string[] {
  const width = Math.max(...rows.map(([label]) => label.length))
  return rows.map(([label, value]) => `${' '.repeat(indent)}${label.padEnd(width)} ${value}`)
}

function number(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** `45ms`, `2.3s`, `4m 05s`. */
function duration(milliseconds: number, digits = 1): string {
  if (milliseconds < 1_000) return `${milliseconds < 10 ? Number(milliseconds.toFixed(1)) : Math.round(milliseconds)}ms`
  if (milliseconds < 60_000) return `${Number((milliseconds / 1_000).toFixed(digits))}s`
  const seconds = Math.round(milliseconds / 1_000)
  return `${number(Math.floor(seconds / 60))}m ${String(seconds % 60).padStart(2, '0')}s`
}
