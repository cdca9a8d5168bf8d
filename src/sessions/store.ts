import { defineService } from '../service.ts'
import type { SessionEvent, TokenCounts } from './events.ts'

/** Which sessions to list. Everything given must hold. */
export interface SessionFilter {
  /** RFC 3339; the session had a request in this time. */
  readonly since?: string
  readonly until?: string
  readonly provider?: string
  /** Requested or used. */
  readonly model?: string
  readonly status?: 'ok' | 'error' | 'running'
  readonly user_agent?: string
  readonly tag?: string
  readonly caller?: string
  /** Words of requests, answers or tool arguments. */
  readonly text?: string
  /** At most so many, 50 by default and 1,000 at most. */
  readonly limit?: number
  /** The `next` of an earlier page. */
  readonly cursor?: string
  readonly order?: 'newest' | 'oldest' | 'tokens' | 'cost'
}

/** One session in a list. Token counts are sums over its requests. */
export interface SessionSummary extends TokenCounts {
  readonly session_id: string
  readonly started_at: string
  /** When its last request ended; null while one runs. */
  readonly completed_at: string | null
  readonly provider: string
  readonly model_requested: string
  readonly model_used: string | null
  readonly success: boolean | null
  readonly error_message: string | null
  readonly request_count: number
  /** How many of them did not succeed. */
  readonly failed_requests: number
  readonly total_tokens: number
  readonly total_duration_ms: number
  readonly provider_latency_ms: number
  readonly proxy_overhead_ms: number
  readonly tool_call_count: number
  readonly user_agent: string | null
  readonly caller: string | null
  readonly session_tags: readonly string[]
  readonly agent_id: string | null
  readonly parent_id: string | null
  readonly is_streaming: boolean
  readonly total_cost_usd: number | null
  /** How many requests used a model without a known price. */
  readonly unpriced_requests: number
}

export interface SessionPage {
  readonly sessions: readonly SessionSummary[]
  readonly next: string | null
}

/** Which events to read of a session, where not all of them whole. */
export interface EventSelection {
  readonly types?: readonly SessionEvent['type'][]
  /** Without `request_json` and `response_json`, which may be large: they are null. */
  readonly isBrief?: boolean
}

/** Reads what was recorded. Opens nothing before it is asked. */
export interface SessionStore {
  list(filter: SessionFilter): Promise<SessionPage>
  get(sessionId: string): Promise<SessionSummary | undefined>
  /** Every event of a session in order, or of one of its requests; or only those that are selected. */
  events(sessionId: string, requestId?: string, only?: EventSelection): Promise<readonly SessionEvent[]>
  /** Rows of a named report over the time: see the store's documentation for names and columns. */
  report(
    name: string,
    filter: Pick<SessionFilter, 'since' | 'until' | 'provider' | 'model' | 'caller'>,
  ): Promise<readonly Readonly<Record<string, unknown>>[]>
  delete(sessionId: string): Promise<boolean>
  close(): Promise<void>
}

export const sessionStoreService = defineService<SessionStore>('session store')

/** Tells, as events are safe, of those that have been written: what a live view follows. */
export interface SessionFeed {
  /**
   * Returns how to stop. Without `whole` events come without what may be large: bodies are null, headers are empty, and
   * texts end after some hundred characters. Nothing is told that was recorded before.
   */
  follow(listener: (events: readonly SessionEvent[]) => void, options?: { readonly whole?: boolean }): () => void
}

export const sessionFeedService = defineService<SessionFeed>('session feed')
