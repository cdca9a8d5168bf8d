import { defineService } from '../service.ts'
import type { SessionFilter, SessionStore } from './store.ts'

/** How often a tool was called, and the mean time from its call to the request that brought its result. */
export interface ToolUse {
  readonly tool_name: string
  readonly call_count: number
  /** Null where no result came. */
  readonly avg_time_ms: number | null
}

/** Sums over requests. Every token counts once, so that the kinds add up to the total. */
export interface StatisticsSums {
  readonly request_count: number
  readonly failed_requests: number
  /** Neither read from a cache nor written to one. */
  readonly input_tokens: number
  readonly output_tokens: number
  /** Thinking and reasoning. */
  readonly thinking_tokens: number
  readonly cache_read_tokens: number
  readonly cache_creation_tokens: number
  readonly total_tokens: number
  readonly tool_call_count: number
  readonly tools: readonly ToolUse[]
  readonly total_duration_ms: number
  readonly provider_latency_ms: number
  readonly proxy_overhead_ms: number
  /** USD; null where no request had a price. */
  readonly total_cost_usd: number | null
  /** Requests with a model of unknown price: what they cost is not in the total. */
  readonly unpriced_requests: number
}

export interface SessionSums extends StatisticsSums {
  readonly session_id: string
  /** RFC 3339, UTC. */
  readonly started_at: string
}

export interface SessionStatistics {
  /** The latest last. */
  readonly sessions: readonly SessionSums[]
  /** Over all sessions, those included that are no longer kept one by one. */
  readonly total: StatisticsSums
  readonly session_count: number
}

/** Sums up sessions, for programs and for people. */
export interface StatisticsSource {
  /** What this gateway has recorded since it started. */
  read(): SessionStatistics
  /** What a store has. */
  readFrom(store: SessionStore, filter: SessionFilter): Promise<SessionStatistics>
  /** As text, one line for each figure. */
  format(statistics: SessionStatistics): string
}

export const statisticsService = defineService<StatisticsSource>('session statistics')
