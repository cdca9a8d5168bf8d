// What is recorded of sessions, and the interfaces of those who write, price and read it: 'lunaroute/sessions'.

export { type LeadingObjects, longestArray, objectEnds } from '../body/elements.ts'
export { sharedBeginning, sharedEnd } from '../body/shared.ts'
export { loadUnzstd, type Unzstd } from '../body/unzstd.ts'
export { jsonOf, type PartedEvent, partsOf, withBody } from './body.ts'
export type * from './events.ts'
export { type SessionLog, type SessionLogEntry, type SessionLogOffer, sessionLogService } from './log.ts'
export { type ChargedTokens, type PriceList, type PriceListOffer, priceService } from './prices.ts'
export {
  type SessionStatistics,
  type SessionSums,
  type StatisticsSource,
  type StatisticsSums,
  statisticsService,
  type ToolUse,
} from './statistics.ts'
export {
  type EventSelection,
  type SessionFeed,
  type SessionFilter,
  type SessionPage,
  type SessionStore,
  type SessionSummary,
  sessionFeedService,
  sessionStoreService,
} from './store.ts'
export {
  type SessionWriter,
  type SessionWriterModule,
  type SessionWriterOffer,
  sessionWriterService,
  type WriterContext,
} from './writer.ts'
export { loadZstd, type Zstd } from './zstd.ts'
