import type { Lineage, LlmRequest } from 'lunaroute'

const SESSION_ID = /^[A-Za-z0-9_-]{1,255}$/

/** Codex sends `session-id` (earlier `session_id` and `conversation_id`), opencode `x-session-id` and `x-session-affinity`. */
const HEADERS = ['session_id', 'session-id', 'x-session-id', 'conversation_id', 'x-session-affinity', 'thread-id']

/** Where the body may hold an id: `conversation` is one or `{ id }`, metadata has a `session_id`, the rest are ids. */
const FIELDS: readonly (readonly [name: string, idIn: (value: unknown) => unknown])[] = [
  ['session_id', value => value],
  ['conversation', value => (isObject(value) ? value.id : value)],
  ['metadata', value => isObject(value) && value.session_id],
  ['client_metadata', value => isObject(value) && value.session_id],
  ['prompt_cache_key', value => value],
]

/** The top-level body fields that `sessionOf` reads. */
export const SESSION_FIELDS = FIELDS.map(([name]) => name)

/** The first well-formed session id among the headers, then the body's fields. */
export function sessionOf(request: LlmRequest): string | undefined {
  for (const name of HEADERS) {
    const id = request.head.get(name)
    if (isSessionId(id)) return id
  }
  for (const [name, idIn] of FIELDS) {
    const id = idIn(request.peek(name))
    if (isSessionId(id)) return id
  }
  return undefined
}

/** Codex gives each subagent a thread of its own and names the one that started it. */
export function lineageOf({ head }: LlmRequest): Lineage {
  const parent = head.get('x-codex-parent-thread-id')
  const agent = head.get('thread-id') ?? head.get('x-openai-subagent')
  return parent === undefined ? {} : { agent, parent }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function isSessionId(value: unknown): value is string {
  return typeof value === 'string' && SESSION_ID.test(value)
}
