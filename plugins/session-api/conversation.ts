import type { Dialect } from 'lunaroute'
import type { Choice, Message } from 'lunaroute/neutral'
import type { SessionEvent, StartedEvent } from 'lunaroute/sessions'
import { Additions, RECENT } from './additions.ts'
import type { Page } from './pages.ts'
import { Query } from './query.ts'
import { known, offsetOf, ok } from './session-pages.ts'

/** One request of a session: what it added to the conversation, and what was answered. */
export interface Turn {
  readonly request_id: string
  readonly timestamp: string
  readonly agent_id: string | null
  readonly model: string
  /** Messages in the neutral form; null where the request's dialect has no reader here or its body is none. */
  readonly added: readonly Message[] | null
  /** The model's turn in the neutral form; null where there was none. */
  readonly answer: Pick<Choice, 'content' | 'stop'> | null
  /** What went wrong, where something did. */
  readonly error: string | null
}

/** GET /sessions/{id}/conversation */
export const conversation: Page = async ({ exchange, params, sources }) => {
  const query = new Query(exchange.head.query, ['limit', 'cursor'])
  const limit = query.integer('limit', 1, 200) ?? 50
  const offset = offsetOf(query)
  const store = sources.store()
  const id = params[0]!
  await known(store, id)
  const starts = (await store.events(id, undefined, { types: ['started'] })) as readonly StartedEvent[]
  const requests = starts.filter(each => each.operation === 'generate')
  const shown = requests.slice(offset, offset + limit)
  const before = earlier(requests, offset, shown)
  const turns: Turn[] = []
  const additions = new Additions()
  for (const started of [...before, ...shown]) {
    const events = await store.events(id, started.request_id)
    const turn = turnOf(started, events, sources.dialects, additions)
    if (shown.includes(started)) turns.push(turn)
  }
  const next = offset + limit < requests.length ? String(offset + limit) : null
  return ok({ session_id: id, turns, total: requests.length, next })
}

/** The last requests before the page of each agent on it: their messages are what the page's first ones add to. */
function earlier(requests: readonly StartedEvent[], offset: number, shown: readonly StartedEvent[]): StartedEvent[] {
  const agents = new Set(shown.map(each => each.agent_id))
  const past = requests.slice(0, offset)
  return [...agents].flatMap(agent => past.filter(each => each.agent_id === agent).slice(-RECENT))
}

function turnOf(
  started: StartedEvent,
  events: readonly SessionEvent[],
  dialects: readonly Dialect[],
  additions: Additions,
): Turn {
  const codec = dialects.find(each => each.name === started.dialect)?.codec
  const request = events.find(each => each.type === 'request_recorded')
  const response = events.find(each => each.type === 'response_recorded')
  const completed = events.find(each => each.type === 'completed')
  const body = request?.request_json
  const messages = codec && isObject(body) ? codec.readRequest({ body }).messages.map(withoutBags) : null
  const answered = response?.response_json
  const isAnswer = codec && isObject(answered) && response && response.status < 400
  const choice = isAnswer ? codec.readResponse(answered).choices[0] : undefined
  return {
    request_id: started.request_id,
    timestamp: started.timestamp,
    agent_id: started.agent_id,
    model: response?.model_used ?? started.model_requested,
    added: messages && additions.of(messages, started.agent_id ?? ''),
    answer: choice
      ? (withoutBags({ content: choice.content, stop: choice.stop }) as Pick<Choice, 'content' | 'stop'>)
      : null,
    error: completed?.error ?? null,
  }
}

/** What only the message's own dialect says, and marks that move from request to request, say nothing of the talk. */
function withoutBags<T>(value: T): T {
  return JSON.parse(
    JSON.stringify(value, (key, each) => (key === 'extra' || key === 'cacheMark' ? undefined : each)),
  ) as T
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
