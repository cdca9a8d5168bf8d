import { buildGeneration } from '../build.ts'
import type { Chunk } from '../chunk.ts'
import { dataFiles } from '../data-files.ts'
import { ConfigError } from '../errors.ts'
import type { Exchange, ListedRequestHead, OutgoingAttempt, Plan, Reply } from '../exchange.ts'
import type { GatewayView } from '../gateway-view.ts'
import type { Generation } from '../generation.ts'
import { JsonRequest } from '../json-request.ts'
import { Keeper } from '../keeper.ts'
import type { ClientCredential, HookName, PluginOption } from '../plugin.ts'
import type { LlmRequest } from '../request.ts'
import { SafeRequestHead } from '../serve/request-head.ts'
import { VERSION } from '../version.ts'
import { type ExchangeState, TestExchange } from './exchange.ts'
import { type LogEntry, memoryLogger } from './logs.ts'
import { resolveInMemory } from './resolve.ts'

/** How a test's request comes in. */
export interface RequestOptions {
  /** Path and query. Default: the first endpoint of the dialect that generates. */
  readonly path?: string
  /** The dialect's name, where the path does not tell. Default: the first that the plugins bring. */
  readonly dialect?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A request for a page of a plugin's own. */
export interface VisitOptions extends Pick<RequestOptions, 'method' | 'headers'> {
  /** As a JSON value, or as the very bytes. */
  readonly body?: unknown
}

/** A real generation of the given plugins, with one method for each hook. */
export class Harness {
  readonly logs: LogEntry[]
  readonly #generation: Generation
  readonly #keeper: Keeper

  private constructor(generation: Generation, keeper: Keeper, logs: LogEntry[]) {
    this.#generation = generation
    this.#keeper = keeper
    this.logs = logs
  }

  static async build(plugins: readonly PluginOption[], before?: Harness): Promise<Harness> {
    const loaded = await resolveInMemory({ plugins }, {})
    const keeper = before ? before.#keeper : new Keeper()
    const logs: LogEntry[] = []
    const number = before ? before.#generation.number + 1 : 1
    const generation = await buildGeneration(loaded.config, {
      number,
      ...dataFiles(loaded, true, () => true),
      keeper,
      log: memoryLogger('', logs),
      logFor: plugin => memoryLogger(plugin, logs),
      gateway: standIn(() => generation),
      credentialsOf,
      withholdCredentials,
      ownsCredentials: exchange => exchange instanceof TestExchange && !exchange.areCredentialsWithheld,
    })
    return new Harness(generation, keeper, logs)
  }

  /** Names of the plugins on each hook, in run order. */
  get taps(): Readonly<Record<HookName, readonly string[]>> {
    return this.#generation.taps
  }

  /** A request as it arrives: its body as a JSON value, or as the very bytes. */
  request(body: unknown = { model: 'test-model' }, options: RequestOptions = {}): LlmRequest {
    const { endpoints, dialects } = this.#generation
    const wanted = dialects.find(each => !options.dialect || each.name === options.dialect)
    const usual = wanted?.endpoints.find(each => each.operation === 'generate') ?? wanted?.endpoints[0]
    const url = options.path ?? (usual?.path ?? '/').replace('{model}', 'test-model')
    const method = options.method ?? usual?.method ?? 'POST'
    const head = this.#head(method, url, options.headers)
    const found = endpoints.find(head, options.dialect ? new Set([options.dialect]) : null)
    if (found?.kind !== 'match') throw new Error(`no dialect of this harness serves ${method} ${url}`)
    const target = { path: head.path, query: head.rawQuery() }
    return new JsonRequest(head, found.dialect, found.endpoint, bytesOf(body), found.model, target)
  }

  /** An exchange to carry slots from hook to hook, in any state. */
  exchange(request: LlmRequest = this.request(), state: ExchangeState = {}): TestExchange {
    // Every request of a harness has such a head.
    const head = request.head as ListedRequestHead
    const { audience } = this.#generation
    return new TestExchange({ head, dialect: request.dialect, request, audience }, state)
  }

  /** An exchange at a path that no dialect serves, such as a page of a plugin's own. */
  visit(path: string, options: VisitOptions = {}): TestExchange {
    const head = this.#head(options.method ?? 'GET', path, options.headers)
    const { dialects, audience } = this.#generation
    const dialect = dialects.find(each => each.claims(head)) ?? dialects[0]!
    const { body } = options
    return new TestExchange({
      head,
      dialect,
      request: null,
      body: body === undefined ? undefined : bytesOf(body),
      audience,
    })
  }

  /** The reply of the first plugin that gives one. Rejects with the GatewayError of the first that refuses. */
  async ingress(exchange: Exchange = this.exchange()): Promise<Reply | undefined> {
    return (await this.#generation.hooks.ingress?.promise(exchange)) ?? undefined
  }

  /** The request as it leaves the plugins: the very same object when none changed it. */
  async normalize(request: LlmRequest, exchange: Exchange = this.exchange(request)): Promise<LlmRequest> {
    return (await this.#generation.hooks.normalize?.promise(request, exchange)) ?? request
  }

  async route(plan: Plan, request = this.request(), exchange: Exchange = this.exchange(request)): Promise<Plan> {
    return (await this.#generation.hooks.route?.promise(plan, request, exchange)) ?? plan
  }

  /** What is missing of the attempt is taken from the request. */
  async egress(
    attempt: Partial<OutgoingAttempt> = {},
    request = this.request(),
    exchange: Exchange = this.exchange(request),
  ): Promise<OutgoingAttempt> {
    const { head, bytes } = request
    const { method, path } = head
    const whole = { provider: 'test', headers: {}, method, path, request, body: bytes, ...attempt }
    const own = whole.touch?.(whole, exchange) ?? whole
    return (await this.#generation.hooks.egress?.promise(own, request, exchange)) ?? own
  }

  /** What becomes of one chunk: several, one or none. */
  streamChunk(chunk: Chunk, exchange: Exchange = this.exchange()): readonly Chunk[] {
    return [this.#generation.hooks.streamChunk?.call(chunk, exchange) ?? chunk].flat() as readonly Chunk[]
  }

  async record(exchange: Exchange = this.exchange()): Promise<void> {
    await this.#generation.hooks.record?.promise(exchange)
  }

  /** The next generation, as after an edit: it shares kept values with this one until one of them is closed. */
  reload(...plugins: readonly PluginOption[]): Promise<Harness> {
    return Harness.build(plugins, this)
  }

  /** Disposes the plugins. */
  close(): Promise<void> {
    return this.#generation.retire(0)
  }

  #head(method: string, url: string, headers: Readonly<Record<string, string>> = {}): SafeRequestHead {
    const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
    return new SafeRequestHead({ method, headers: Object.fromEntries(lower) }, url, this.#generation)
  }
}

/** Builds a generation of plugins for a test. Their options are checked as a config's are. */
export function harness(...plugins: readonly PluginOption[]): Promise<Harness> {
  return Harness.build(plugins)
}

function bytesOf(body: unknown): Buffer {
  if (body instanceof Uint8Array) return Buffer.from(body)
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

function credentialsOf({ head }: Exchange): readonly ClientCredential[] {
  return head instanceof SafeRequestHead ? head.credentials() : []
}

function withholdCredentials(exchange: Exchange): void {
  if (exchange instanceof TestExchange) exchange.areCredentialsWithheld = true
}

function standIn(generation: () => Generation): GatewayView {
  const loadedAt = new Date().toISOString()
  const config = () => ({
    generation: generation().number,
    file: null,
    loadedAt,
    error: null,
    refusals: 0,
    plugins: generation().config.plugins.map(each => each.plugin.name),
    warnings: [],
  })
  return {
    version: VERSION,
    startedAt: loadedAt,
    isDraining: false,
    config,
    listeners: () => [],
    inFlight: () => generation().active,
    reload: () => Promise.reject(new ConfigError('a harness cannot reload itself; call its reload method')),
  }
}
