import type { Config } from '../config/define.ts'
import type { LoadedConfig, ResolvedProvider } from '../config/resolved.ts'
import { Gateway } from '../gateway.ts'
import type { ConfigStatus } from '../gateway-view.ts'
import { createLog } from '../log.ts'
import { resolveInMemory } from './resolve.ts'
import { type ReceivedRequest, type Upstream, UpstreamServer } from './upstream.ts'

export interface GatewayOptions {
  /** Plays every provider of the config, except those whose `base_url` is a loopback address. */
  readonly upstream?: Upstream
  /** Environment variables of the config. Default: none. */
  readonly env?: NodeJS.ProcessEnv
}

/** A real gateway on a free loopback port, with scripted providers behind it. */
export class TestGateway {
  readonly url: string
  /** What reached the providers, in order. */
  readonly received: ReceivedRequest[]
  /** Log lines, as the gateway writes them. */
  readonly logs: readonly string[]
  readonly #gateway: Gateway
  readonly #setup: Setup

  private constructor(gateway: Gateway, setup: Setup, logs: readonly string[]) {
    const [listener] = gateway.listeners()
    this.url = `http://127.0.0.1:${listener!.port}`
    this.received = setup.received
    this.logs = logs
    this.#gateway = gateway
    this.#setup = setup
  }

  static async start(config: Config, options: GatewayOptions): Promise<TestGateway> {
    const setup = new Setup(config, options)
    const logs: string[] = []
    const openLog = () => createLog({ level: 'debug', format: 'json' }, { write: line => logs.push(line) })
    try {
      const gateway = await Gateway.start({ load: () => setup.load(), openLog, watch: true })
      return new TestGateway(gateway, setup, logs)
    } catch (error) {
      await setup.close()
      throw error
    }
  }

  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(this.url + path, init)
  }

  /** Sends a JSON value, or text as it is. */
  post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return this.fetch(path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: text })
  }

  /** Replaces the configuration, as an edit would. Resolves with the state after it, refused or not. */
  reload(config: Config): Promise<ConfigStatus> {
    this.#setup.config = config
    return this.#gateway.reload()
  }

  async close(): Promise<void> {
    await this.#gateway.close()
    await this.#setup.close()
  }
}

/** Starts a gateway for a test. Give it what a config file exports. */
export function gateway(config: Config, options: GatewayOptions = {}): Promise<TestGateway> {
  return TestGateway.start(config, options)
}

/** The configuration of a test gateway, its providers moved to scripted ones. */
class Setup {
  config: Config
  readonly received: ReceivedRequest[] = []
  readonly #options: GatewayOptions
  readonly #upstreams = new Map<string, UpstreamServer>()

  constructor(config: Config, options: GatewayOptions) {
    this.config = config
    this.#options = options
  }

  async load(): Promise<LoadedConfig> {
    const given = this.config
    const port = given.listeners ? {} : { port: 0 }
    const loaded = await resolveInMemory({ ...given, ...port }, this.#options.env ?? {})
    const providers = await Promise.all(loaded.config.providers.map(each => this.#moved(each)))
    return { ...loaded, config: { ...loaded.config, providers } }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#upstreams.values()].map(each => each.close()))
  }

  async #moved(provider: ResolvedProvider): Promise<ResolvedProvider> {
    const { hostname, pathname } = new URL(provider.baseUrl)
    if (hostname === '127.0.0.1') return provider
    let server = this.#upstreams.get(provider.name)
    if (!server) {
      server = await UpstreamServer.start(provider.name, this.#options.upstream ?? empty, this.received)
      this.#upstreams.set(provider.name, server)
    }
    return { ...provider, baseUrl: server.origin + pathname.replace(/\/$/, '') }
  }
}

const empty: Upstream = () => ({ body: {} })
