import type { SessionEvent, SessionFeed, SessionStatistics } from 'lunaroute/sessions'
import { Sums } from './sums.ts'

interface Tracked {
  readonly startedAt: string
  readonly sums: Sums
}

/** Requests whose end has not come are kept in mind up to so many: those that never end must not pile up. */
const MOST_OPEN = 10_000

/** Sums up what feeds tell, by session and over all. Beyond its limit it forgets the session that was quiet longest. */
export class Tracker {
  maxSessions: number
  /** What is done with the statistics at the end. */
  print: ((statistics: SessionStatistics) => void) | undefined
  readonly #sessions = new Map<string, Tracked>()
  readonly #all = new Sums()
  readonly #open = new Map<string, boolean>()
  readonly #feeds = new Map<SessionFeed, () => void>()
  #count = 0

  constructor(maxSessions: number) {
    this.maxSessions = maxSessions
  }

  /** Listens to a feed until `close`; to one that it follows already, not twice. */
  follow(feed: SessionFeed): void {
    if (this.#feeds.has(feed)) return
    this.#feeds.set(
      feed,
      feed.follow(events => {
        for (const each of events) this.add(each)
      }),
    )
  }

  add(event: SessionEvent): void {
    const { sums } = this.#sessionOf(event)
    for (const each of [sums, this.#all]) addTo(each, event, this.#open.get(event.request_id) ?? false)
    if (event.type === 'completed') this.#open.delete(event.request_id)
    if (event.type === 'response_recorded') this.#remember(event.request_id, event.total_tokens > 0)
  }

  read(): SessionStatistics {
    return {
      sessions: [...this.#sessions].map(([session_id, { startedAt, sums }]) => ({
        session_id,
        started_at: startedAt,
        ...sums.read(),
      })),
      total: this.#all.read(),
      session_count: this.#count,
    }
  }

  /** The end: nothing more is followed, and what there is is printed. */
  close(): void {
    for (const stop of this.#feeds.values()) stop()
    this.#feeds.clear()
    if (this.#count > 0) this.print?.(this.read())
  }

  #sessionOf({ session_id, timestamp }: SessionEvent): Tracked {
    const known = this.#sessions.get(session_id)
    if (!known) this.#count++
    const session = known ?? { startedAt: timestamp, sums: new Sums() }
    // Put back at the end, so that the first is the one that was quiet longest.
    this.#sessions.delete(session_id)
    this.#sessions.set(session_id, session)
    while (this.#sessions.size > this.maxSessions) this.#sessions.delete(this.#sessions.keys().next().value!)
    return session
  }

  #remember(request: string, isAnswered: boolean): void {
    this.#open.set(request, isAnswered)
    if (this.#open.size > MOST_OPEN) this.#open.delete(this.#open.keys().next().value!)
  }
}

function addTo(sums: Sums, event: SessionEvent, isAnswered: boolean): void {
  if (event.type === 'started') sums.request()
  else if (event.type === 'response_recorded') sums.response(event)
  else if (event.type === 'completed') sums.completed(event, isAnswered)
  else if (event.type === 'tool_call_recorded') sums.toolCall(event.tool_name)
  else if (event.type === 'tool_result_recorded' && event.execution_time_ms !== null) {
    sums.toolResult(event.tool_name, event.execution_time_ms)
  }
}
