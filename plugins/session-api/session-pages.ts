import { GatewayError, type Reply } from 'lunaroute'
import type { SessionEvent, SessionStore, SessionSummary } from 'lunaroute/sessions'
import { deleteSession } from './delete-session.ts'
import { entryOf } from './entries.ts'
import type { Page, Visit } from './pages.ts'
import { FILTER_PARAMETERS, filterOf, Query } from './query.ts'
import { toolsOf } from './tool-use.ts'

/** GET /sessions */
export const listing: Page = async ({ exchange, sources, now }) => {
  const filter = filterOf(new Query(exchange.head.query, FILTER_PARAMETERS), now)
  return ok(await sources.store().list(filter))
}

/** GET /sessions/{id} */
export const session: Page = async visit => {
  noParameters(visit)
  return ok(await known(visit.sources.store(), visit.params[0]!))
}

/** DELETE /sessions/{id} */
export const deletion: Page = async visit => {
  noParameters(visit)
  const { sources, params } = visit
  if (!sources.isDeletable) {
    const message = 'sessions cannot be deleted here; allow_delete of the plugin session-api allows it'
    throw new GatewayError('LR_FORBIDDEN', 403, message)
  }
  if (!(await deleteSession(sources.store(), sources.logs(), params[0]!))) throw unknownSession(params[0]!)
  return { status: 204 }
}

/** GET /sessions/{id}/timeline */
export const timeline: Page = async ({ exchange, params, sources }) => {
  const query = new Query(exchange.head.query, ['limit', 'cursor', 'order'])
  const limit = query.integer('limit', 1, 1_000) ?? 100
  const cursor = query.integer('cursor', 0, Number.MAX_SAFE_INTEGER)
  const isDescending = query.choice('order', ['asc', 'desc']) === 'desc'
  const store = sources.store()
  await known(store, params[0]!)
  const events = [...(await store.events(params[0]!, undefined, { isBrief: true }))].sort(byTime)
  // Counted from the first event, whichever way it goes: events that come meanwhile shift nothing.
  const end = isDescending ? Math.min(cursor ?? events.length, events.length) : (cursor ?? 0) + limit
  const begin = Math.max(end - limit, 0)
  const shown = events.slice(begin, end)
  const isMore = isDescending ? begin > 0 : end < events.length
  return ok({
    session_id: params[0]!,
    events: (isDescending ? shown.reverse() : shown).map(entryOf),
    total: events.length,
    next: isMore ? String(isDescending ? begin : end) : null,
  })
}

/** GET /sessions/{id}/raw/{request_id} */
export const rawRequest: Page = async visit => {
  noParameters(visit)
  const [sessionId, requestId] = visit.params as [string, string]
  const store = visit.sources.store()
  const events = await store.events(sessionId, requestId)
  if (events.length === 0) {
    await known(store, sessionId)
    throw new GatewayError('LR_NOT_FOUND', 404, `the session has no request "${requestId}"`)
  }
  const request = events.find(each => each.type === 'request_recorded')
  const response = events.find(each => each.type === 'response_recorded')
  const started = events.find(each => each.type === 'started')
  return ok({
    session_id: sessionId,
    request_id: requestId,
    request: request?.request_json ?? null,
    response: response?.response_json ?? null,
    request_headers: started?.request_headers ?? null,
    response_headers: response?.response_headers ?? null,
    status: response?.status ?? null,
    events: events.map(withoutBody),
  })
}

/** GET /sessions/{id}/tools */
export const tools: Page = async visit => {
  noParameters(visit)
  const { sources, params } = visit
  const store = sources.store()
  await known(store, params[0]!)
  const events = await store.events(params[0]!, undefined, {
    types: ['started', 'tool_call_recorded', 'tool_result_recorded'],
  })
  return ok({ session_id: params[0]!, ...toolsOf(events) })
}

/** The session, or a 404. */
export async function known(store: SessionStore, id: string): Promise<SessionSummary> {
  const found = await store.get(id)
  if (!found) throw unknownSession(id)
  return found
}

export function ok(body: object): Reply {
  return { status: 200, body }
}

/** Where a page of a list begins: its `next` is a count. */
export function offsetOf(query: Query): number {
  return query.integer('cursor', 0, Number.MAX_SAFE_INTEGER) ?? 0
}

function noParameters({ exchange }: Visit): void {
  new Query(exchange.head.query, [])
}

function unknownSession(id: string): GatewayError {
  return new GatewayError('LR_NOT_FOUND', 404, `there is no session "${id.slice(0, 200)}"; GET /sessions lists them`)
}

function byTime(a: SessionEvent, b: SessionEvent): number {
  return Date.parse(a.timestamp) - Date.parse(b.timestamp)
}

function withoutBody(event: SessionEvent): SessionEvent {
  if (event.type === 'request_recorded') return { ...event, request_json: null }
  return event.type === 'response_recorded' ? { ...event, response_json: null } : event
}
