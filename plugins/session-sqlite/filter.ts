import { GatewayError } from 'lunaroute'
import type { SessionFilter } from 'lunaroute/sessions'
import type { SqlValue } from './driver.ts'
import { toSql } from './time.ts'

/** Conditions in SQL with the values of their question marks. */
export interface Where {
  readonly sql: string
  readonly values: readonly SqlValue[]
}

type Condition = readonly [sql: string, ...values: readonly SqlValue[]]

/** Which sessions (`s`) a filter lets through. */
export function whereSession(filter: SessionFilter): Where {
  const conditions: Condition[] = []
  const { since, until, provider, model, status, user_agent, tag, caller, text } = filter
  if (since !== undefined) conditions.push(['s.last_request_at >= ?', time(since)])
  if (until !== undefined) conditions.push(['s.started_at < ?', time(until)])
  if (since !== undefined && until !== undefined) {
    const inside = 'r.session_id = s.session_id AND r.started_at >= ? AND r.started_at < ?'
    conditions.push([`EXISTS (SELECT 1 FROM requests r WHERE ${inside})`, time(since), time(until)])
  }
  if (provider !== undefined) {
    const match = pattern('r.provider', provider)
    conditions.push([
      `EXISTS (SELECT 1 FROM requests r WHERE r.session_id = s.session_id AND ${match.sql})`,
      match.value,
    ])
  }
  if (model !== undefined) {
    const requested = pattern('model_requested', model)
    const used = pattern('model_used', model)
    const sql = `s.session_id IN (SELECT session_id FROM requests WHERE ${requested.sql}
      UNION SELECT session_id FROM requests WHERE ${used.sql})`
    conditions.push([sql, requested.value, used.value])
  }
  if (status !== undefined) conditions.push([STATUS[status]])
  for (const [column, value] of [
    ['s.user_agent', user_agent],
    ['s.caller', caller],
  ] as const) {
    if (value === undefined) continue
    const match = pattern(column, value)
    conditions.push([match.sql, match.value])
  }
  if (tag !== undefined) {
    conditions.push(['EXISTS (SELECT 1 FROM json_each(s.session_tags) j WHERE j.value = ?)', tag])
  }
  if (text !== undefined) {
    const sql = `s.session_id IN (SELECT r.session_id FROM request_search f JOIN requests r ON r.id = f.rowid
      WHERE request_search MATCH ?)`
    conditions.push([sql, searchTerms(text)])
  }
  return join(conditions)
}

/** Which requests (`r`) a report counts. */
export function whereRequest({
  since,
  until,
  provider,
  model,
  caller,
}: Pick<SessionFilter, 'since' | 'until' | 'provider' | 'model' | 'caller'>): Where {
  const conditions: Condition[] = []
  if (since !== undefined) conditions.push(['r.started_at >= ?', time(since)])
  if (until !== undefined) conditions.push(['r.started_at < ?', time(until)])
  if (provider !== undefined) {
    const match = pattern('r.provider', provider)
    conditions.push([match.sql, match.value])
  }
  if (caller !== undefined) {
    const match = pattern('r.caller', caller)
    conditions.push([match.sql, match.value])
  }
  if (model !== undefined) {
    const requested = pattern('r.model_requested', model)
    const used = pattern('r.model_used', model)
    conditions.push([`(${requested.sql} OR ${used.sql})`, requested.value, used.value])
  }
  return join(conditions)
}

const STATUS: Readonly<Record<NonNullable<SessionFilter['status']>, string>> = {
  ok: 's.success = 1',
  error: 's.failed_requests > 0',
  running: 's.completed_at IS NULL',
}

/**
 * The words of a search in FTS5's language: all must occur in one request, in its text, its answer or the arguments of
 * its tools. "Words in quotes" stand together; a star ends a word that only begins so.
 */
export function searchTerms(text: string): string {
  const terms = [...text.matchAll(/"([^"]*)"|(\S+)/g)].flatMap(([, phrase, word = '']) => {
    const term = phrase ?? word.replace(/\*$/, '')
    if (!/[\p{L}\p{N}]/u.test(term)) return []
    return [`"${term.replaceAll('"', '')}"${word.endsWith('*') ? ' *' : ''}`]
  })
  if (terms.length === 0) {
    throw new GatewayError('LR_BAD_REQUEST', 400, 'the text to search for has no word in it; give at least one')
  }
  return terms.join(' ')
}

/** Equal, or for `claude-*` beginning so. */
function pattern(column: string, value: string): { readonly sql: string; readonly value: string } {
  if (!value.includes('*')) return { sql: `${column} = ?`, value }
  return { sql: `${column} GLOB ?`, value: value.replace(/[[\]?]/g, '[$&]') }
}

function time(value: string): string {
  if (Number.isNaN(Date.parse(value))) {
    throw new GatewayError('LR_BAD_REQUEST', 400, `"${value}" is no time; give one as 2026-01-31T12:00:00Z`)
  }
  return toSql(value)
}

function join(conditions: readonly Condition[]): Where {
  return {
    sql: conditions.length === 0 ? '' : `WHERE ${conditions.map(([sql]) => `(${sql})`).join(' AND ')}`,
    values: conditions.flatMap(([, ...values]) => values),
  }
}
