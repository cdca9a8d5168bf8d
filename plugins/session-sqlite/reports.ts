import { GatewayError } from 'lunaroute'
import type { SessionFilter } from 'lunaroute/sessions'
import type { Database, Row } from './driver.ts'
import { type Where, whereRequest } from './filter.ts'
import { TOKEN_COLUMNS } from './schema.ts'
import { toSql } from './time.ts'

export type ReportFilter = Pick<SessionFilter, 'since' | 'until' | 'provider' | 'model' | 'caller'>

const sums = TOKEN_COLUMNS.map(name => `coalesce(sum(r.${name}), 0) AS ${name}`).join(', ')
const money = `sum(r.total_cost_usd) AS total_cost,
  coalesce(sum(r.is_answered AND r.total_cost_usd IS NULL AND r.completed_at IS NOT NULL), 0) AS unpriced_requests`
const MODEL = "coalesce(r.model_used, nullif(r.model_requested, ''), 'unknown')"

/** Each report's rows. `$where` is the filter. Times are UTC, costs USD and null where no request had a price. */
const REPORTS: Readonly<Record<string, string>> = {
  overview: `SELECT count(DISTINCT r.session_id) AS total_sessions, count(*) AS total_requests,
      coalesce(sum(r.completed_at IS NULL), 0) AS running_requests,
      coalesce(sum(r.success = 0), 0) AS failed_requests, ${sums}, coalesce(sum(r.total_tokens), 0) AS total_tokens,
      coalesce(sum(r.tool_call_count), 0) AS tool_calls, avg(r.total_duration_ms) AS avg_duration_ms,
      avg(r.provider_latency_ms) AS avg_provider_latency_ms, avg(r.proxy_overhead_ms) AS avg_proxy_overhead_ms,
      avg(r.time_to_first_token_ms) AS avg_time_to_first_token_ms, avg(r.success) AS success_rate, ${money}
    FROM requests r $where`,
  tokens: `SELECT substr(r.started_at, 1, 10) AS date, count(*) AS request_count, ${sums},
      coalesce(sum(r.total_tokens), 0) AS total_tokens, ${money}
    FROM requests r $where GROUP BY 1 ORDER BY 1`,
  tools: `SELECT t.tool_name, count(*) AS call_count, avg(t.execution_time_ms) AS avg_time_ms,
      min(t.execution_time_ms) AS min_time_ms, max(t.execution_time_ms) AS max_time_ms,
      sum(t.success IS 1) AS success_count, sum(t.success IS 0) AS failure_count, avg(t.success) AS success_rate
    FROM requests r $join tool_call_executions t ON t.request_id = r.request_id $where
    GROUP BY 1 ORDER BY 2 DESC, 1`,
  session_tools: `SELECT t.session_id, t.tool_name, count(*) AS call_count, avg(t.execution_time_ms) AS avg_time_ms
    FROM requests r $join tool_call_executions t ON t.request_id = r.request_id $where
    GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2`,
  models: `SELECT ${MODEL} AS model_name, count(*) AS request_count,
      count(*) * 100.0 / sum(count(*)) OVER () AS percentage, coalesce(sum(r.total_tokens), 0) AS total_tokens,
      avg(r.total_duration_ms) AS avg_duration_ms, avg(r.success) AS success_rate, ${money}
    FROM requests r $where GROUP BY 1 ORDER BY 2 DESC, 1`,
  hours: `SELECT CAST(substr(r.started_at, 12, 2) AS INTEGER) AS hour, count(DISTINCT r.session_id) AS session_count,
      count(*) AS request_count
    FROM requests r $where GROUP BY 1 ORDER BY 1`,
  spending: `SELECT ${MODEL} AS model_name, count(DISTINCT r.session_id) AS session_count, count(*) AS request_count,
      sum(r.total_cost_usd) / count(DISTINCT CASE WHEN r.total_cost_usd IS NOT NULL THEN r.session_id END)
        AS avg_cost_per_session, ${money}
    FROM requests r $where GROUP BY 1 ORDER BY total_cost DESC NULLS LAST, 1`,
  user_agents: `SELECT r.user_agent, count(DISTINCT r.session_id) AS session_count, count(*) AS request_count
    FROM requests r $where GROUP BY 1 ORDER BY 2 DESC, 1`,
  providers: `SELECT r.provider, count(*) AS request_count, avg(r.success) AS success_rate, ${money}
    FROM requests r $where GROUP BY 1 ORDER BY 2 DESC, 1`,
}

/** Rows of a report over the requests that a filter lets through. */
export function report(database: Database, name: string, filter: ReportFilter, now: Date): readonly Row[] {
  const where = whereRequest(filter)
  if (name === 'costs') return [costs(database, where, now)]
  const sql = REPORTS[name]
  if (sql === undefined) {
    const known = [...Object.keys(REPORTS), 'costs'].sort().join(', ')
    throw new GatewayError('LR_BAD_REQUEST', 400, `there is no report "${name}"; there are ${known}`)
  }
  // A short time is few requests, and their tool calls are found by index; all of it is read in the order it lies.
  const join = filter.since === undefined ? 'JOIN' : 'CROSS JOIN'
  return database.prepare(sql.replace('$where', where.sql).replace('$join', join)).all(...where.values)
}

/** Today, this week (from Monday) and this month, in UTC, and what the month will come to at its pace. */
function costs(database: Database, where: Where, now: Date): Row {
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()]
  const today = new Date(Date.UTC(year, month, day))
  const week = new Date(Date.UTC(year, month, day - ((now.getUTCDay() + 6) % 7)))
  const begin = new Date(Date.UTC(year, month, 1))
  const since = (from: Date) =>
    `sum(CASE WHEN r.started_at >= '${toSql(from.toISOString())}' THEN r.total_cost_usd END)`
  const row = database
    .prepare(
      `SELECT ${since(today)} AS today, ${since(week)} AS this_week, ${since(begin)} AS this_month,
         sum(r.total_cost_usd) AS total,
         coalesce(sum(r.is_answered AND r.total_cost_usd IS NULL AND r.completed_at IS NOT NULL), 0) AS unpriced_requests
       FROM requests r ${where.sql}`,
    )
    .get(...where.values)!
  const days = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
  const elapsed = (now.getTime() - begin.getTime()) / 86_400_000
  const pace = row.this_month === null ? null : (Number(row.this_month) / Math.max(elapsed, 1)) * days
  return { ...row, projection_monthly: pace }
}
