import type { Dialect, Exchange, GatewayView, Reply } from 'lunaroute'
import type { SessionFeed, SessionLog, SessionStore, StatisticsSource } from 'lunaroute/sessions'
import { conversation } from './conversation.ts'
import { openapi } from './openapi/index.ts'
import { deletion, listing, rawRequest, session, timeline, tools } from './session-pages.ts'
import { costs, hours, overview, reportRows, sessionStatistics, spending } from './stats-pages.ts'
import { tail } from './tail.ts'

/** What a page answers from. */
export interface Sources {
  /** Throws a GatewayError where the configuration has none. */
  store(): SessionStore
  feed(): SessionFeed
  statistics(): StatisticsSource
  logs(): readonly SessionLog[]
  readonly dialects: readonly Dialect[]
  readonly gateway: GatewayView
  readonly version: string
  readonly isDeletable: boolean
}

/** A request to a page: what stood in its path, in the template's order. */
export interface Visit {
  readonly exchange: Exchange
  readonly params: readonly string[]
  readonly sources: Sources
  readonly now: Date
}

export type Page = (visit: Visit) => Reply | Promise<Reply>

/** Every page by its method and path. Of several that fit, the first serves. */
export const PAGES: readonly (readonly [method: string, path: string, page: Page])[] = [
  ['GET', '/sessions', listing],
  ['GET', '/sessions/openapi.json', openapi],
  ['GET', '/sessions/tail', tail],
  ['GET', '/sessions/{id}', session],
  ['DELETE', '/sessions/{id}', deletion],
  ['GET', '/sessions/{id}/timeline', timeline],
  ['GET', '/sessions/{id}/tools', tools],
  ['GET', '/sessions/{id}/conversation', conversation],
  ['GET', '/sessions/{id}/raw/{request_id}', rawRequest],
  ['GET', '/stats/overview', overview],
  ['GET', '/stats/tokens', reportRows('tokens')],
  ['GET', '/stats/tools', reportRows('tools')],
  ['GET', '/stats/models', reportRows('models')],
  ['GET', '/stats/user-agents', reportRows('user_agents')],
  ['GET', '/stats/providers', reportRows('providers')],
  ['GET', '/stats/hours', hours],
  ['GET', '/stats/costs', costs],
  ['GET', '/stats/spending', spending],
  ['GET', '/stats/sessions', sessionStatistics],
]
