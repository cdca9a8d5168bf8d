import type { Reply } from 'lunaroute'
import { GatewayError } from 'lunaroute'
import type { SessionEvent, SessionFeed } from 'lunaroute/sessions'
import { Backlog } from './backlog.ts'
import type { Page } from './pages.ts'
import { Query } from './query.ts'

/** A comment keeps proxies and clients from taking a quiet stream for a dead one. Milliseconds. */
const HEARTBEAT = 15_000
/** How often it is asked whether the gateway ends. Milliseconds. */
const DRAINING_CHECK = 250
/** What ends with the gateway is recorded a moment later, and told before the stream ends. Milliseconds. */
const LAST_WORDS = 500
/** GET /sessions/tail: events as they are recorded. */
export const tail: Page = ({ exchange, sources }): Reply => {
  const query = new Query(exchange.head.query, ['session', 'types', 'full'])
  const types = query.text('types')?.split(',')
  const unknown = types?.find(each => !TYPES.has(each))
  if (unknown !== undefined) {
    const message = `there are no events of type "${unknown}"; there are ${[...TYPES].join(', ')}`
    throw new GatewayError('LR_BAD_REQUEST', 400, message, { param: 'types' })
  }
  const session = query.text('session')
  const isFull = query.flag('full')
  const isWanted = (event: SessionEvent) =>
    (session === undefined || event.session_id === session) && (types === undefined || types.includes(event.type))
  const lines = follow(sources.feed(), {
    isWanted,
    isWhole: isFull,
    signal: exchange.signal,
    isEnding: () => sources.gateway.isDraining,
  })
  return { status: 200, headers: { 'content-type': 'text/event-stream; charset=utf-8' }, body: lines }
}

const TYPES: ReadonlySet<string> = new Set<SessionEvent['type']>([
  'started',
  'request_recorded',
  'stream_started',
  'tool_call_recorded',
  'tool_result_recorded',
  'response_recorded',
  'completed',
])

interface Following {
  readonly isWanted: (event: SessionEvent) => boolean
  /** Whether events are wanted with their bodies. */
  readonly isWhole: boolean
  readonly signal: AbortSignal
  readonly isEnding: () => boolean
}

async function* follow(feed: SessionFeed, { isWanted, isWhole, signal, isEnding }: Following): AsyncGenerator<string> {
  const backlog = new Backlog()
  let wake = () => {}
  let spokenAt = performance.now()
  let endsAt: number | undefined
  const isOver = (): boolean => {
    if (isEnding()) endsAt ??= performance.now() + LAST_WORDS
    return endsAt !== undefined && backlog.isEmpty && performance.now() >= endsAt
  }
  const take = (events: readonly SessionEvent[]): void => {
    const wanted = events.filter(isWanted)
    backlog.add(isWhole ? wanted : wanted.map(brief))
    wake()
  }
  const stop = feed.follow(take, { whole: isWhole })
  // A reader who leaves, or a gateway that ends, must not wait for the next event.
  const clock = setInterval(() => wake(), DRAINING_CHECK)
  const left = () => wake()
  signal.addEventListener('abort', left)
  try {
    yield ': following\n\n'
    while (!signal.aborted && !isOver()) {
      if (!backlog.isEmpty) {
        yield backlog.text()
        spokenAt = performance.now()
      } else if (performance.now() - spokenAt > HEARTBEAT) {
        yield ': still here\n\n'
        spokenAt = performance.now()
      } else {
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    }
  } finally {
    stop()
    clearInterval(clock)
    signal.removeEventListener('abort', left)
  }
}

function brief(event: SessionEvent): SessionEvent {
  if (event.type === 'request_recorded') return { ...event, request_json: null }
  return event.type === 'response_recorded' ? { ...event, response_json: null } : event
}
