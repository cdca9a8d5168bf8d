import type { SessionFilter } from 'lunaroute/sessions'
import type { Page, Visit } from './pages.ts'
import { FILTER_PARAMETERS, filterOf, Query, REPORT_PARAMETERS, reportFilterOf } from './query.ts'
import { ok } from './session-pages.ts'

type Row = Readonly<Record<string, unknown>>

/** A page that shows the rows of a report as they are. */
export function reportRows(name: string): Page {
  return async visit => ok(await rowsOf(visit, name))
}

/** GET /stats/overview */
export const overview: Page = async visit => ok((await rowsOf(visit, 'overview'))[0] ?? {})

/** GET /stats/costs */
export const costs: Page = async visit => ok((await rowsOf(visit, 'costs'))[0] ?? {})

/** GET /stats/hours: all 24, those without a session too. */
export const hours: Page = async visit => {
  const rows = await rowsOf(visit, 'hours')
  const all = Array.from({ length: 24 }, (_, hour) => {
    return rows.find(each => each.hour === hour) ?? { hour, session_count: 0, request_count: 0 }
  })
  return ok(all)
}

/** GET /stats/spending */
export const spending: Page = async visit => {
  const [models, [all]] = await Promise.all([rowsOf(visit, 'spending'), rowsOf(visit, 'overview')])
  const sessions = Number(all?.total_sessions ?? 0)
  const total = (all?.total_cost ?? null) as number | null
  return ok({
    total_cost: total,
    avg_cost_per_session: total === null || sessions === 0 ? null : total / sessions,
    unpriced_requests: all?.unpriced_requests ?? 0,
    by_model: models,
  })
}

/** GET /stats/sessions: of this gateway since it started, or with a filter of what is stored. */
export const sessionStatistics: Page = async ({ exchange, sources, now }) => {
  const query = new Query(exchange.head.query, [...FILTER_PARAMETERS, 'format'])
  const filter: SessionFilter = filterOf(query, now)
  const isText = query.choice('format', ['json', 'text']) === 'text'
  const source = sources.statistics()
  const isStored = Object.keys(filter).length > 0
  const statistics = isStored ? await source.readFrom(sources.store(), filter) : source.read()
  if (!isText) return ok(statistics)
  return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: source.format(statistics) }
}

function rowsOf({ exchange, sources, now }: Visit, name: string): Promise<readonly Row[]> {
  const filter = reportFilterOf(new Query(exchange.head.query, REPORT_PARAMETERS), now)
  return sources.store().report(name, filter)
}
