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
  if (text !== undefined) conditions.push(whereText(text))
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

/** Scripts that put no spaces between words: the index has whole sentences of theirs as one word. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u

interface Word {
  readonly term: string
  /** Whether words count that only begin so. */
  readonly hasStar: boolean
}

/**
 * The sessions with a request in whose text, answer or tool arguments all the words of a search occur. "Words in quotes"
 * stand together; a star ends a word that only begins so.
 */
function whereText(text: string): Condition {
  const words = wordsOf(text)
  const indexed = words.filter(({ term }) => !UNSPACED.test(term))
  const others = words.filter(({ term }) => UNSPACED.test(term))
  const terms = indexed.map(({ term, hasStar }) => `"${term}"${hasStar ? ' *' : ''}`).join(' ')
  const conditions = others.map(({ term }): Condition => [CONTAINS, term, term, term])
  if (terms !== '') conditions.unshift([INDEXED, terms])
  const { sql, values } = join(conditions)
  const texts = 'requests r LEFT JOIN request_texts t ON t.id = r.id'
  return [`s.session_id IN (SELECT r.session_id FROM ${texts} ${sql})`, ...values]
}

/** Throws a GatewayError where there are none. */
function wordsOf(text: string): readonly Word[] {
  const words = [...text.matchAll(/"([^"]*)"|(\S+)/g)]
    .map(([, phrase, word = '']): Word => {
      const hasStar = phrase === undefined && word.endsWith('*')
      return { term: (phrase ?? word.replace(/\*$/, '')).replace(/["\0]/g, ' ').trim(), hasStar }
    })
    .filter(({ term }) => /[\p{L}\p{N}]/u.test(term))
  if (words.length > 0) return words
  throw new GatewayError('LR_BAD_REQUEST', 400, 'the text to search for has no word in it; give at least one')
}

const INDEXED = 'r.id IN (SELECT rowid FROM request_search WHERE request_search MATCH ?)'
/** Read through, without the index. */
const CONTAINS = `instr(t.request_text, ?) OR instr(t.response_text, ?) OR EXISTS (SELECT 1 FROM tool_call_executions e
  WHERE e.request_id = r.request_id AND instr(e.tool_arguments, ?))`

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
