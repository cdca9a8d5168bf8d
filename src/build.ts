import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import type { Static, TSchema } from '@sinclair/typebox'
import { audienceOf, type Listening } from './audience.ts'
import { calmLog } from './calm-log.ts'
import type { ResolvedConfig, ResolvedPlugin, ResolvedProvider } from './config/resolved.ts'
import type { Dialect } from './dialect.ts'
import { ConfigError } from './errors.ts'
import type { Exchange } from './exchange.ts'
import type { GatewayView } from './gateway-view.ts'
import { type Dispose, disposeAll, Generation } from './generation.ts'
import { buildHooks, HOOK_NAMES, type Tap } from './hooks.ts'
import type { Keeper, KeeperLease } from './keeper.ts'
import { order } from './order.ts'
import type { ClientCredential, Handlers, HookEntry, HookName, Hooks, Logger, Order, PluginApi } from './plugin.ts'
import type { DataFile, DataFileDefinition, DataFileOwner } from './plugin-file.ts'
import type { Service } from './service.ts'
import { type Status, statusService } from './services.ts'
import { ClientPool, SharedPool, type UpstreamPool } from './upstream/pool.ts'
import { probe } from './upstream/probe.ts'
import { Provider } from './upstream/provider.ts'

/** What a generation is built with, beside its configuration. */
export interface BuildContext {
  readonly number: number
  readonly keeper: Keeper
  readonly log: Logger
  readonly logFor: (plugin: string) => Logger
  readonly gateway: GatewayView
  readonly credentialsOf: (exchange: Exchange) => readonly ClientCredential[]
  readonly withholdCredentials: (exchange: Exchange) => void
  /** Whether the client's credentials are still its own. */
  readonly ownsCredentials: (exchange: Exchange) => boolean
  /** What plugins' files are relative to. */
  readonly folder: string
  readonly openDataFile: <S extends TSchema>(
    definition: DataFileDefinition<S>,
    owner: DataFileOwner,
  ) => Promise<DataFile<Static<S>> & { status(): Status }>
}

/** How long a plugin's `setup` may take, in milliseconds. */
const SETUP_DEADLINE = 10_000

/** Builds a generation, all or nothing: on any failure what was set up is disposed and the error names the plugin. */
export async function buildGeneration(config: ResolvedConfig, context: BuildContext): Promise<Generation> {
  const { number } = context
  const log = calmLog(context.log)
  const lease = context.keeper.lease(error => log.warn({ err: error }, 'a kept value could not be disposed'))
  const disposers: Dispose[] = [() => lease.release()]
  let isAbandoned = false
  try {
    const dialects = config.plugins.flatMap(each => each.plugin.dialects)
    const providers = new Map(config.providers.map(each => [each.name, buildProvider(each, lease)]))
    const installed = new Set(config.plugins.map(each => each.plugin.name))
    const taps: (Tap & Order)[] = []
    const offers: Offer[] = []
    const listening: Listening[] = []
    for (const each of config.plugins) {
      const api = pluginApi(each, {
        context,
        dialects,
        providers,
        offers,
        listening,
        lease,
        disposers,
        isAbandoned: () => isAbandoned,
      })
      taps.push(...(await setUp(each, installed, api)))
    }
    Object.freeze(listening)
    const sorted = HOOK_NAMES.map(hook =>
      order(
        taps.filter(tap => tap.hook === hook),
        installed,
      ),
    )
    const names = HOOK_NAMES.map((hook, i) => [hook, sorted[i]!.map(tap => tap.plugin)])
    const inOrder: Record<HookName, readonly string[]> = Object.fromEntries(names)
    const hooks = buildHooks(sorted.flat())
    const offered = <T>(service: Service<T>) => offersOf(offers, service)
    return new Generation({
      number,
      config,
      hooks,
      audience: audienceOf(listening),
      taps: inOrder,
      dialects,
      providers,
      offers: offered,
      disposers,
      log,
    })
  } catch (error) {
    isAbandoned = true
    await disposeAll(disposers, log)
    throw error
  }
}

interface Offer {
  readonly service: Service<unknown>
  readonly value: unknown
}

function offersOf<T>(offers: readonly Offer[], service: Service<T>): readonly T[] {
  return offers.filter(each => each.service === service).map(each => each.value as T)
}

interface Parts {
  readonly context: BuildContext
  readonly dialects: readonly Dialect[]
  readonly providers: ReadonlyMap<string, Provider>
  readonly offers: Offer[]
  /** Frozen once every plugin is set up. */
  readonly listening: Listening[]
  readonly lease: KeeperLease
  readonly disposers: Dispose[]
  /** Whether the build has failed meanwhile. */
  readonly isAbandoned: () => boolean
}

function pluginApi({ plugin }: ResolvedPlugin, parts: Parts): PluginApi {
  const { context, dialects, providers, offers, lease, disposers } = parts
  const demandCapability = () => {
    if (plugin.capabilities.includes('credentials')) return
    throw new Error(`plugin "${plugin.name}" must declare capabilities: ['credentials'] to handle credentials`)
  }
  const onDispose = (dispose: Dispose) => {
    // A setup that went on after its deadline has nobody left to dispose what it makes.
    if (parts.isAbandoned()) void disposeAll([dispose], context.log)
    else disposers.push(dispose)
  }
  const keep: PluginApi['keep'] = (key, create, dispose) => lease.get(`${plugin.name}:${key}`, create, dispose)
  const log = context.logFor(plugin.name)
  return {
    log,
    folder: context.folder,
    dialects,
    providers: [...providers.values()].map(each => each.view),
    gateway: context.gateway,
    onDispose,
    keep,
    async dataFile(definition) {
      const file = await context.openDataFile(definition, { plugin: plugin.name, log, keep, onDispose })
      offers.push({ service: statusService, value: { name: basename(file.path), read: () => file.status() } })
      return file
    },
    offer: (service, value) => void offers.push({ service, value }),
    offers: service => offersOf(offers, service),
    observe(observer) {
      if (Object.isFrozen(parts.listening)) throw new Error('api.observe is for setup; later there is exchange.observe')
      parts.listening.push({ plugin: plugin.name, observer, log: calmLog(log) })
    },
    probe: (name, request) => {
      const provider = providers.get(name)
      const dialect = dialects.find(each => each.name === provider?.dialects[0])
      if (provider && dialect) return probe(provider, dialect, request)
      return Promise.resolve({ status: undefined, reason: 'no such provider', milliseconds: 0 })
    },
    ownCredentialTarget: exchange => {
      const { headers, query = [] } = exchange.dialect.credentials
      const sources = [...headers, ...query.map(each => `?${each}`)]
      const isCarried = context.ownsCredentials(exchange) && hasAny(context.credentialsOf(exchange), sources)
      return isCarried ? [...providers.values()].find(each => each.speaks(exchange.dialect.name))?.name : undefined
    },
    credentials: exchange => {
      demandCapability()
      return context.credentialsOf(exchange)
    },
    withholdCredentials: exchange => {
      demandCapability()
      context.withholdCredentials(exchange)
    },
  }
}

function hasAny(credentials: readonly ClientCredential[], sources: readonly string[]): boolean {
  return credentials.some(({ source }) => sources.includes(source))
}

async function setUp(
  { plugin, options }: ResolvedPlugin,
  installed: ReadonlySet<string>,
  api: PluginApi,
): Promise<(Tap & Order)[]> {
  const missing = plugin.requires.find(name => !installed.has(name))
  if (missing !== undefined) {
    throw new ConfigError(`plugin "${plugin.name}" requires "${missing}", which is not installed`, {
      plugin: plugin.name,
    })
  }
  const hooks = await withDeadline(plugin.name, async () => plugin.setup(options, api))
  return Object.entries(hooks ?? {}).flatMap(([hook, entry]) => {
    if (!HOOK_NAMES.includes(hook as HookName)) {
      const known = HOOK_NAMES.join(', ')
      throw new ConfigError(`plugin "${plugin.name}" returned an unknown hook "${hook}"; the hooks are ${known}`, {
        plugin: plugin.name,
      })
    }
    if (!entry) return []
    const { handler, ...place } = typeof entry === 'function' ? { handler: entry } : (entry as HookObject)
    if (typeof handler !== 'function') {
      throw new ConfigError(`plugin "${plugin.name}": its ${hook} hook is not a function`, { plugin: plugin.name })
    }
    if (hook === 'streamChunk' && handler.constructor.name === 'AsyncFunction') {
      throw new ConfigError(`plugin "${plugin.name}": its streamChunk hook must not be async`, { plugin: plugin.name })
    }
    const { name, failure } = plugin
    return [{ hook: hook as HookName, plugin: name, failure, handler, log: calmLog(api.log), ...place }]
  })
}

type HookObject = Exclude<HookEntry<Handlers[HookName]>, Handlers[HookName]> & Pick<Tap, 'when'>

async function withDeadline(name: string, setup: () => Promise<Hooks>): Promise<Hooks> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    const message = `plugin "${name}" did not finish its setup within ${SETUP_DEADLINE / 1000} s`
    timer = setTimeout(() => reject(new ConfigError(message, { plugin: name })), SETUP_DEADLINE)
  })
  try {
    return await Promise.race([setup(), late])
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigError(`plugin "${name}" failed in its setup: ${reason}`, { cause, plugin: name })
  } finally {
    clearTimeout(timer)
  }
}

/** Connections survive a reload that does not change how they are made. */
function buildProvider(config: ResolvedProvider, lease: KeeperLease): Provider {
  const { origin } = new URL(config.baseUrl)
  const key = createHash('sha256')
    .update(JSON.stringify([origin, config.upstream, config.proxy]))
    .digest('base64url')
  const pool = lease.get<UpstreamPool>(
    `upstream:${config.name}:${key}`,
    () =>
      config.proxy !== undefined || config.upstream.http2
        ? new SharedPool(origin, config.upstream, config.proxy)
        : new ClientPool(origin, config.upstream),
    each => each.close(),
  )
  return new Provider(config, pool)
}
