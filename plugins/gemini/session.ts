import type { LlmRequest } from 'lunaroute'

const SESSION_ID = /^[A-Za-z0-9_-]{1,255}$/
/** No client of Google's sends a session id with an API key, gemini-cli included: these are what others add. */
const HEADERS = ['x-session-id', 'x-session-affinity']

/** The first well-formed session id among the headers. */
export function sessionOf(request: LlmRequest): string | undefined {
  return HEADERS.map(name => request.head.get(name)).find(id => id !== undefined && SESSION_ID.test(id))
}
