import type { Static, TSchema } from '@sinclair/typebox'
import type { Chunk } from './chunk.ts'
import type { Dialect } from './dialect.ts'
import type { Attempt, Exchange, Observer, OutgoingAttempt, Plan, Reply } from './exchange.ts'
import type { GatewayView } from './gateway-view.ts'
import type { PluginCommand } from './plugin-command.ts'
import type { DataFile, DataFileDefinition } from './plugin-file.ts'
import type { ProbeRequest, ProbeResult } from './probe.ts'
import type { LlmRequest } from './request.ts'
import type { Service } from './service.ts'

type Awaitable<T> = T | Promise<T>

/** The six hooks. Returning nothing always means "leave it as it is". */
export interface Handlers {
  /** Admit the request. Return a reply to answer it here; throw a GatewayError to refuse it. Runs before the body is read. */
  ingress(exchange: Exchange): Awaitable<Reply | void>
  /** Rewrite the request before a plan is made. Not called for paths that no dialect serves. */
  normalize(request: LlmRequest, exchange: Exchange): Awaitable<LlmRequest | void>
  /**
   * Reshape the plan. It begins as one attempt at the dialect's own provider, or empty where there is none.
   * `request` is null for a path that no dialect serves. An empty plan at the end is a 503 (404 for such a path).
   */
  route(plan: Plan, request: LlmRequest | null, exchange: Exchange): Awaitable<Plan | void>
  /** Last touch to one attempt before it leaves. Runs once per try. */
  egress(attempt: OutgoingAttempt, request: LlmRequest | null, exchange: Exchange): Awaitable<OutgoingAttempt | void>
  /** One event of the response; null drops it, an array splits it. Never async. */
  streamChunk(chunk: Chunk, exchange: Exchange): Chunk | readonly Chunk[] | null | void
  /** Once per exchange, when its outcome is known and the client has its answer or has gone. Never fails a request. */
  record(exchange: Exchange): Awaitable<void>
}

export type HookName = keyof Handlers

/** Where a tap stands among the others. List order is the rule; this is for the exceptions. */
export interface Order {
  readonly stage?: 'early' | 'normal' | 'late'
  /** Names of plugins to run before or after. A name that is not installed is an error. */
  readonly before?: readonly string[]
  readonly after?: readonly string[]
}

export type HookEntry<F> = F | (Order & { readonly handler: F })

/** Says whether an `egress` handler is concerned with an attempt, from what the plan says of it. Looks, and changes nothing. */
export type EgressCondition = (attempt: Attempt, request: LlmRequest, exchange: Exchange) => boolean

export type Hooks = { readonly [K in Exclude<HookName, 'egress'>]?: HookEntry<Handlers[K]> } & {
  /**
   * With `when`, the handler is called for those attempts only. Where no plugin is concerned, an attempt leaves without
   * having been written out for the hook.
   */
  readonly egress?:
    | Handlers['egress']
    | (Order & { readonly handler: Handlers['egress']; readonly when?: EgressCondition })
}

/** A structured logger, bound to the plugin's name. */
export interface Logger {
  trace(fields: object | string, message?: string): void
  debug(fields: object | string, message?: string): void
  info(fields: object | string, message?: string): void
  warn(fields: object | string, message?: string): void
  error(fields: object | string, message?: string): void
  /** Whether a line of this level would be written. It stays so for a generation: ask once, in `setup`. */
  isLevelEnabled(level: 'trace' | 'debug' | 'info' | 'warn' | 'error'): boolean
}

/** A provider as plugins see it: no key, no header. */
export interface ProviderView {
  readonly name: string
  readonly dialects: readonly string[]
  /** Scheme, host and base path. */
  readonly baseUrl: string
  readonly hasKey: boolean
  /** How many keys are configured. */
  readonly keys: number
  /** The path at the provider for one of the dialect's endpoints, as `base_url` places it. */
  path(dialect: Dialect, path: string): string
  /** Connections to it, now and since the pool was made. */
  readonly pool: PoolStats
}

/** Counts of one provider's upstream connections. */
export interface PoolStats {
  readonly created: number
  readonly reused: number
  readonly open: number
  readonly idle: number
  readonly busy: number
  readonly settings: Readonly<Record<string, number>>
  /** Whether the config wants it in metrics. */
  readonly isMeasured: boolean
  /** Called with the age in seconds of each connection that closes. Returns how to stop. */
  onClosed(listener: (ageSeconds: number) => void): () => void
}

/** A credential a client sent, for plugins that declare the `credentials` capability. */
export interface ClientCredential {
  /** The lower-case header, or `?name` for a query parameter. */
  readonly source: string
  readonly value: string
}

/** What a plugin may ask of the gateway while it is being set up. */
export interface PluginApi {
  readonly log: Logger
  /** This generation's dialects, in plugin order. */
  readonly dialects: readonly Dialect[]
  /** This generation's providers, in config order. */
  readonly providers: readonly ProviderView[]
  /** The gateway itself: its state, and reload. */
  readonly gateway: GatewayView
  /** Runs when this generation's last exchange has left. Last registered runs first. */
  onDispose(dispose: () => Awaitable<void>): void
  /** A value that survives reloads for as long as some generation asks for it. */
  keep<T>(key: string, create: () => T, dispose?: (value: T) => Awaitable<void>): T
  /** The folder of the config file, or the one that `--config-dir` names; the current one where there is neither. */
  readonly folder: string
  /**
   * Opens a file of data beside the config. It is watched until the generation is disposed: a good edit reaches
   * `onChange` within a second, a bad one is refused and shown in the gateway's status. Rejects with a located
   * ConfigError where it is bad at the start.
   */
  dataFile<const S extends TSchema>(definition: DataFileDefinition<S>): Promise<DataFile<Static<S>>>
  /** Offers something to other plugins, for as long as this generation lives. */
  offer<T>(service: Service<T>, value: T): void
  /** What plugins offer, in list order. Complete once every plugin is set up: ask when it is needed, not in `setup`. */
  offers<T>(service: Service<T>): readonly T[]
  /** Looks at what passes in every exchange. Called in `setup`. */
  observe(observer: Observer): void
  /** Asks a provider for something cheap, at its own address and with its first key. Never rejects. */
  probe(provider: string, request: ProbeRequest): Promise<ProbeResult>
  /**
   * The provider that the client's own credential goes to in place of a key; undefined where it sent none, or where it
   * was meant for the gateway.
   */
  ownCredentialTarget(exchange: Exchange): string | undefined
  /** The client's credentials. Throws unless the plugin declares the `credentials` capability. */
  credentials(exchange: Exchange): readonly ClientCredential[]
  /**
   * Declares that the client's credentials were meant for the gateway: none leaves, and providers get their configured
   * keys. Throws unless the plugin declares the `credentials` capability.
   */
  withholdCredentials(exchange: Exchange): void
}

/** What a plugin's options may refer to. */
export interface ConfigNames {
  /** Every enabled provider. */
  readonly providers: readonly string[]
  readonly listeners: readonly string[]
  readonly dialects: readonly string[]
  /** In the order of the config. */
  readonly plugins: readonly string[]
  /** ` (did you mean "x"?)` where a candidate is near, or nothing. */
  didYouMean(word: string, candidates: readonly string[]): string
}

/** Something wrong with a plugin's options that their schema cannot say. */
export interface OptionProblem {
  /** Where in the options. */
  readonly path: readonly (string | number)[]
  readonly message: string
  /** It is reported, and the configuration taken all the same. */
  readonly isWarning?: boolean
}

/** Defaults for a provider that comes with a dialect. Any of it can be overridden in the config. */
export interface ProviderDefaults {
  readonly dialect: string | readonly string[]
  readonly base_url: string
  /** The environment variable that holds its key. */
  readonly api_key_env?: string
}

/** A plugin with its options, ready to be built into a generation. */
export interface Plugin {
  readonly name: string
  readonly requires: readonly string[]
  readonly failure: 'open' | 'closed'
  readonly capabilities: readonly 'credentials'[]
  readonly dialects: readonly Dialect[]
  readonly providers: Readonly<Record<string, ProviderDefaults>>
  readonly section: string | undefined
  readonly providerKeys: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly commands: Readonly<Record<string, PluginCommand>>
  readonly schema: TSchema | undefined
  /** The options as they were given, unchecked. */
  readonly input: unknown
  check?(options: unknown, names: ConfigNames): readonly OptionProblem[]
  setup(options: unknown, api: PluginApi): Awaitable<Hooks>
}

/** Hooks and nothing else. Without `then` a promise of the wrong thing would pass for hooks, which are all optional. */
type Only<H> = H & { [K in keyof H]: K extends HookName ? unknown : never } & { readonly then?: never }
type Options<S> = S extends TSchema ? Static<S> : void
type Input<S> = S extends TSchema ? Given<Static<S>, S> : void
/** Options with a default may be left out, though the plugin always sees them. */
type Given<T, S> = S extends { properties: infer P }
  ? { [K in keyof T as K extends keyof P ? (P[K] extends { default: unknown } ? never : K) : K]: T[K] } & {
      [K in keyof T as K extends keyof P ? (P[K] extends { default: unknown } ? K : never) : never]?: T[K]
    }
  : T

/** Takes no argument, an optional one or a required one, as the plugin's options demand. */
export type PluginFactory<I> = [I] extends [void]
  ? () => Plugin
  : Record<never, never> extends I
    ? (options?: I) => Plugin
    : (options: I) => Plugin

export interface PluginDefinition<S extends TSchema | undefined, H extends Hooks> {
  /** What it does to a request, in kebab case; its folder's name. */
  readonly name: string
  /** JSON Schema of its options, made with `Type`; the TypeScript type of `options` is inferred from it. */
  readonly options?: S
  /** Plugins that must be installed beside it. */
  readonly requires?: readonly string[]
  /**
   * What happens when a hook throws something other than a GatewayError. `closed` (the default): the request fails.
   * `open`: the failure is logged and the hook counts as having returned nothing.
   */
  readonly failure?: 'open' | 'closed'
  readonly capabilities?: readonly 'credentials'[]
  readonly dialects?: readonly Dialect[]
  readonly providers?: Readonly<Record<string, ProviderDefaults>>
  /**
   * The top-level key of JSON, YAML and TOML files that holds this plugin's options; `outer.inner` for a part of another
   * plugin's section, which does not see it then.
   */
  readonly section?: string
  /** Keys of the providers' entries that it reads: they are laid over its options, as `providers.<name>.<key>`. */
  readonly providerKeys?: readonly string[]
  /** Environment variables that set options: `{ LUNAROUTE_LOG_LEVEL: 'level' }`. They win over the config file. */
  readonly env?: Readonly<Record<string, string>>
  /** Commands it adds to the program. */
  readonly commands?: Readonly<Record<string, PluginCommand>>
  /** Looks for names in the options that nothing in the config has. What it finds is reported with its file and line. */
  check?(options: Options<S>, names: ConfigNames): readonly OptionProblem[]
  setup(options: Options<S>, api: PluginApi): Awaitable<Only<H>>
}

/** Makes a plugin factory. See docs/writing-a-plugin.md. */
export function definePlugin<H extends Hooks, const S extends TSchema | undefined = undefined>(
  definition: PluginDefinition<S, H>,
): PluginFactory<Input<S>> {
  const factory = (input?: unknown): Plugin => ({
    name: definition.name,
    requires: definition.requires ?? [],
    failure: definition.failure ?? 'closed',
    capabilities: definition.capabilities ?? [],
    dialects: definition.dialects ?? [],
    providers: definition.providers ?? {},
    section: definition.section,
    providerKeys: definition.providerKeys ?? [],
    env: definition.env ?? {},
    commands: definition.commands ?? {},
    schema: definition.options,
    input,
    check: (options, names) => definition.check?.(options as Options<S>, names) ?? [],
    setup: (options, api) => definition.setup(options as Options<S>, api),
  })
  return factory as PluginFactory<Input<S>>
}

/** A plugin, a preset, nothing, or a list of these: what a config's lists may hold. */
export type PluginOption = Plugin | false | null | undefined | '' | 0 | readonly PluginOption[]

export interface PresetOptions {
  /**
   * Environment variables that begin so are laid over a config that uses the preset, two underscores for each step down:
   * with `TEAM__`, `TEAM__PROVIDERS__OPENAI__API_KEY` is `providers.openai.api_key`.
   */
  readonly variables?: string
}

/** Names a list of plugins. Read top to bottom, it is the run order. */
export function definePreset(plugins: readonly PluginOption[], options: PresetOptions = {}): readonly PluginOption[] {
  return options.variables ? Object.assign([...plugins], { [VARIABLES]: options.variables }) : plugins
}

/** How a preset's variables begin, where it has any. */
export function variablesOf(preset: readonly unknown[]): string | undefined {
  return (preset as { readonly [VARIABLES]?: string })[VARIABLES]
}

const VARIABLES: unique symbol = Symbol.for('lunaroute.variables')
