import type { Lineage, LlmRequest } from 'lunaroute'

const SESSION_ID = /^[A-Za-z0-9_-]{1,255}$/
const MARK = '_session_'

const HEADERS = ['x-session-id', 'x-claude-code-session-id', 'x-session-affinity']

/** The first well-formed session id among the headers, then the one in `metadata.user_id`. */
export function sessionOf(request: LlmRequest): string | undefined {
  for (const name of HEADERS) {
    const id = request.head.get(name)
    if (isSessionId(id)) return id
  }
  const metadata = request.peek('metadata')
  const id = isObject(metadata) ? idInUser(metadata.user_id) : undefined
  return isSessionId(id) ? id : undefined
}

/** Claude Code names its subagents, and nobody on the main thread. */
export function lineageOf(request: LlmRequest): Lineage {
  const agent = request.head.get('x-claude-code-agent-id')
  return agent === undefined ? {} : { agent, parent: sessionOf(request) }
}

/**
 * Claude Code 2.1 puts a JSON object in the string, `{"device_id":...,"session_id":...}`; up to 2.0 it wrote
 * `user_..._account_..._session_<uuid>`. Anything else that looks like an id is one.
 */
function idInUser(user: unknown): unknown {
  if (isObject(user)) return user.session_id
  if (typeof user !== 'string') return undefined
  const parsed = user.startsWith('{') ? parse(user) : undefined
  if (isObject(parsed)) return parsed.session_id
  const mark = user.lastIndexOf(MARK)
  return mark < 0 ? user : user.slice(mark + MARK.length)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function isSessionId(value: unknown): value is string {
  return typeof value === 'string' && SESSION_ID.test(value)
}
