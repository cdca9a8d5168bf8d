// The public API, and nothing else: what config files and plugins import as 'lunaroute'.
export { type Static, Type } from '@sinclair/typebox'
export { type Caller, callerSlot } from './caller.ts'
export type { Chunk } from './chunk.ts'
export {
  type Config,
  defineConfig,
  type HttpClientConfig,
  type HttpServerConfig,
  type ListenerConfig,
  type LoggingConfig,
  type ModelConfig,
  type PluginReference,
  type PresetReference,
  type PriceConfig,
  type ProviderConfig,
  type TlsConfig,
} from './config/define.ts'
export { didYouMean } from './config/suggest.ts'
export { derived, derivedPlan } from './derived.ts'
export type {
  CredentialRule,
  Dialect,
  Endpoint,
  ErrorView,
  Lineage,
  MessageEditor,
  Operation,
  PlainMessage,
  RequestHead,
  RequestTarget,
  TargetCall,
} from './dialect.ts'
export { ConfigError, ERROR_CODES, type ErrorCode, GatewayError, PluginError } from './errors.ts'
export {
  type Attempt,
  type AttemptFailure,
  type AttemptOutcome,
  defineSlot,
  type Exchange,
  type FailedTry,
  type Gate,
  type Hold,
  type ListedRequestHead,
  type Observer,
  type Outcome,
  type OutgoingAttempt,
  type Plan,
  type Reply,
  type ResponseHead,
  type Retry,
  type Slot,
  type StartedAttempt,
  type Timeouts,
  type Timings,
} from './exchange.ts'
export type { ConfigStatus, GatewayView } from './gateway-view.ts'
export {
  type EditMessages,
  editContent,
  editEachMessage,
  editLastMessage,
  editPieces,
  type IsText,
  type MessageEdit,
} from './message-edit.ts'
export { ModelPatterns } from './model-patterns.ts'
export { moduleUrl } from './module-url.ts'
export { withDefault } from './options.ts'
export {
  type ClientCredential,
  type ConfigNames,
  definePlugin,
  definePreset,
  type EgressCondition,
  type Handlers,
  type HookEntry,
  type HookName,
  type Hooks,
  type Logger,
  type OptionProblem,
  type Order,
  type Plugin,
  type PluginApi,
  type PluginDefinition,
  type PluginFactory,
  type PluginOption,
  type PoolStats,
  type PresetOptions,
  type ProviderDefaults,
  type ProviderView,
} from './plugin.ts'
export type { CommandCall, CommandModule, PluginCommand } from './plugin-command.ts'
export type { DataFile, DataFileDefinition } from './plugin-file.ts'
export type { ProbeRequest, ProbeResult } from './probe.ts'
export { type GroupSource, groupService, type ProviderGroup } from './provider-group.ts'
export { readProviderStatus, readStatuses } from './read-status.ts'
export {
  type Redactor,
  type RedactorModule,
  type RedactorOffer,
  type RedactorStream,
  redactorService,
} from './redaction.ts'
export type { LlmRequest } from './request.ts'
export type { ResponseTranslation, StreamForm, TranslatedHead } from './response-translation.ts'
export { retryAfter } from './retry-after.ts'
export { type RouteRecord, routeSlot } from './route-record.ts'
export { defineService, type Service } from './service.ts'
export {
  type Meter,
  meterService,
  type ProviderStatusSource,
  providerStatusService,
  type Sample,
  type Status,
  type StatusSource,
  statusService,
} from './services.ts'
export { SlidingCounts } from './sliding-counts.ts'
export { strangerOf } from './stranger.ts'
export { UsageRecord, usageSlot } from './usage-record.ts'
