import { GatewayError } from 'lunaroute'
import type { SessionFilter, SessionPage } from 'lunaroute/sessions'
import type { Database, Row, SqlValue } from './driver.ts'
import { whereSession } from './filter.ts'
import { SUMMARY_COLUMNS, summaryOf } from './rows.ts'

type Order = NonNullable<SessionFilter['order']>

/** The column each order goes by, and whether the greatest comes first. */
const ORDERS: Readonly<Record<Order, readonly [column: string, isDescending: boolean]>> = {
  newest: ['s.started_at', true],
  oldest: ['s.started_at', false],
  tokens: ['s.total_tokens', true],
  cost: ['coalesce(s.total_cost_usd, -1)', true],
}

const PAGE = 50
const LARGEST_PAGE = 1_000

/** One page of the sessions that a filter lets through. */
export function listSessions(database: Database, filter: SessionFilter): SessionPage {
  const order = filter.order ?? 'newest'
  const limit = Math.min(Math.max(Math.trunc(filter.limit ?? PAGE), 1), LARGEST_PAGE)
  const [column, isDescending] = ORDERS[order]
  const where = whereSession(filter)
  const after = filter.cursor === undefined ? undefined : readCursor(filter.cursor, order)
  const beyond = `(${column}, s.session_id) ${isDescending ? '<' : '>'} (?, ?)`
  const conditions = after ? (where.sql ? `${where.sql} AND ${beyond}` : `WHERE ${beyond}`) : where.sql
  const direction = isDescending ? 'DESC' : 'ASC'
  const rows = database
    .prepare(
      `SELECT ${SUMMARY_COLUMNS}, ${column} AS place FROM sessions s ${conditions}
       ORDER BY ${column} ${direction}, s.session_id ${direction} LIMIT ?`,
    )
    .all(...where.values, ...(after ?? []), limit + 1)
  const shown = rows.slice(0, limit)
  return {
    sessions: shown.map(summaryOf),
    next: rows.length > limit ? writeCursor(order, shown.at(-1)!) : null,
  }
}

function writeCursor(order: Order, row: Row): string {
  return Buffer.from(JSON.stringify([order, row.place, row.session_id])).toString('base64url')
}

function readCursor(cursor: string, order: Order): readonly SqlValue[] {
  try {
    const [own, place, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]
    // Numbers and texts compare, too, and nothing would be found.
    const isPlace = typeof place === (order === 'newest' || order === 'oldest' ? 'string' : 'number')
    if (own === order && isPlace && typeof id === 'string') return [place as SqlValue, id]
  } catch {
    // What is no cursor is refused below.
  }
  throw new GatewayError('LR_BAD_REQUEST', 400, 'the cursor is none of this list; take `next` of the page before', {
    param: 'cursor',
  })
}
