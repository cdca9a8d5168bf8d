import type { SessionEvent, SessionFilter, SessionStore, SessionSummary } from 'lunaroute/sessions'

/** One request with all its events. */
export interface RecordedRequest {
  readonly session: SessionSummary
  readonly request_id: string
  readonly events: readonly SessionEvent[]
}

const PAGE = 100

/** The requests of the sessions that a filter lets through, oldest session first, and of the filter's time alone. */
export async function* recordedRequests(store: SessionStore, filter: SessionFilter): AsyncGenerator<RecordedRequest> {
  let cursor: string | undefined
  do {
    const page = await store.list({ ...filter, order: 'oldest', limit: PAGE, ...(cursor !== undefined && { cursor }) })
    for (const session of page.sessions) yield* requestsOf(store, session, filter)
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
}

/** One after the other, because a session's bodies together may be more than fits. */
async function* requestsOf(
  store: SessionStore,
  session: SessionSummary,
  { since, until }: SessionFilter,
): AsyncGenerator<RecordedRequest> {
  for (const { request_id, timestamp } of await store.events(session.session_id, undefined, { types: ['started'] })) {
    if (since !== undefined && Date.parse(timestamp) < Date.parse(since)) continue
    if (until !== undefined && Date.parse(timestamp) >= Date.parse(until)) continue
    yield { session, request_id, events: await store.events(session.session_id, request_id) }
  }
}
