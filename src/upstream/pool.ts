import { createRequire } from 'node:module'
import type * as Undici from 'undici'
import type { UpstreamSettings } from '../config/resolved.ts'
import type { PoolStats } from '../plugin.ts'
import { WarmSockets } from './warm-sockets.ts'

// The only file that loads undici. Requests go through its raw handler interface: header names keep their case and
// order, and a chunk costs no promise and no parsed header object.

// Its index loads fetch, WebSocket, caches and mocks as well, 50 ms of every start; a version of undici is pinned.
const require = createRequire(import.meta.url)
const Client = require('undici/lib/dispatcher/client.js') as typeof Undici.Client
const buildConnector = require('undici/lib/core/connect.js') as typeof Undici.buildConnector

/** One request, as undici's dispatcher takes it. Headers are a flat list of names and values. */
export interface UpstreamRequest {
  readonly method: string
  readonly path: string
  readonly headers: readonly string[]
  readonly body: Buffer | NodeJS.ReadableStream | null
  /** Milliseconds; 0 for none. */
  readonly headersTimeout: number
  readonly bodyTimeout: number
}

/** What happens to a request, in order. Names and meanings are undici's, but for `release`. */
export interface UpstreamHandler {
  /** Set by the pool. To be called once, when the request is over, however it ended. */
  release: () => void
  onConnect(abort: (reason?: Error) => void): void
  /** Headers are a flat list of names and values. False pauses the body. */
  onHeaders(status: number, headers: readonly Buffer[], resume: () => void, statusText: string): boolean
  /** False pauses the body until `resume`. */
  onData(chunk: Buffer): boolean
  onComplete(trailers: readonly Buffer[]): void
  onError(error: Error): void
}

/** Opens a socket: undici's own connector, or one around it. */
export type Connect = Undici.buildConnector.connector
export type ConnectOptions = Undici.buildConnector.Options
export type ConnectCallback = Undici.buildConnector.Callback

/** Connections to one host. */
export interface UpstreamPool extends PoolStats {
  /** True when the request went out on a connection that had been used before. */
  dispatch(request: UpstreamRequest, handler: UpstreamHandler): boolean
  /** One that was kept turned out to be dead: those that have waited for longer are not used again. */
  dropIdle(): void
  close(): Promise<void>
}

type Dispatcher = Pick<Undici.Client, 'dispatch' | 'destroy'>

/** Of a response's head, in bytes. */
const MAX_HEADER_SIZE = 256 * 1024

/** How long a connection beyond the number to keep may wait for a next request, in milliseconds. */
const SURPLUS_IDLE = 1_000

/** One connection to the host, as far as it is connected. */
class PooledClient {
  readonly client: Undici.Client
  /** When it connected, by performance.now(); undefined while it is not. */
  connectedAt: number | undefined
  /** When it was last given back. */
  idleSince = 0
  readonly release: () => void

  constructor(client: Undici.Client, giveBack: (pooled: PooledClient) => void) {
    this.client = client
    this.release = () => giveBack(this)
  }
}

/**
 * One undici client per request in flight, the idle ones on a stack. Not undici's own Pool, because that has no limit
 * on idle connections that is not also a limit on busy ones, looks for a free client by walking them all (1,000 slow
 * streams make that the main cost), and does not say which connections it made or used again.
 */
export class ClientPool implements UpstreamPool {
  readonly #origin: string
  readonly #settings: UpstreamSettings
  readonly #connect: Connect
  readonly #idle: PooledClient[] = []
  readonly #closedListeners = new Set<(ageSeconds: number) => void>()
  #all = 0
  #isClosed = false
  #trimming: NodeJS.Timeout | undefined
  created = 0
  reused = 0
  open = 0

  constructor(origin: string, settings: UpstreamSettings) {
    this.#origin = origin
    this.#settings = settings
    const connect = buildConnector(connectOptions(settings))
    this.#connect = settings.warm > 0 ? new WarmSockets(connect, origin, settings.warm).connect : connect
  }

  get idle(): number {
    return this.#idle.length
  }
  get busy(): number {
    return this.#all - this.#idle.length
  }
  get settings(): Readonly<Record<string, number>> {
    return poolSettings(this.#settings)
  }
  get isMeasured(): boolean {
    return this.#settings.metrics
  }

  dispatch(request: UpstreamRequest, handler: UpstreamHandler): boolean {
    const idle = this.#idle.pop()
    const pooled = idle ?? this.#create()
    if (idle) this.reused++
    handler.release = pooled.release
    pooled.client.dispatch(request as never, handler as never)
    return idle !== undefined
  }

  onClosed(listener: (ageSeconds: number) => void): () => void {
    this.#closedListeners.add(listener)
    return () => this.#closedListeners.delete(listener)
  }

  dropIdle(): void {
    for (const each of this.#idle.splice(0)) this.#discard(each)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#trimming)
    await Promise.all(this.#idle.splice(0).map(({ client }) => client.close()))
  }

  #create(): PooledClient {
    const { idleTimeout } = this.#settings
    const client = new Client(this.#origin, {
      connect: this.#connect,
      pipelining: 1,
      keepAliveTimeout: idleTimeout,
      keepAliveMaxTimeout: idleTimeout,
      maxHeaderSize: MAX_HEADER_SIZE,
    })
    const pooled = new PooledClient(client, this.#giveBack)
    this.#all++
    client.on('connect', () => {
      this.created++
      this.open++
      pooled.connectedAt = performance.now()
    })
    client.on('disconnect', () => this.#disconnected(pooled))
    return pooled
  }

  /** A client without its connection is worth nothing: the next request would connect anew anyway. */
  #disconnected(pooled: PooledClient): void {
    if (pooled.connectedAt === undefined) return
    const age = (performance.now() - pooled.connectedAt) / 1000
    pooled.connectedAt = undefined
    this.open--
    for (const listener of this.#closedListeners) listener(age)
    const at = this.#idle.indexOf(pooled)
    if (at < 0) return
    this.#idle.splice(at, 1)
    this.#discard(pooled)
  }

  // Where the connection cannot be kept undici closes it a moment after the response, and `disconnect` takes the client
  // off the stack again; a request that comes in between makes it connect.
  readonly #giveBack = (pooled: PooledClient): void => {
    if (this.#isClosed || pooled.connectedAt === undefined) {
      this.#discard(pooled)
      return
    }
    this.#idle.push(pooled)
    if (this.#idle.length <= this.#settings.maxIdle) return
    // Closed at once, the surplus of a busy moment would be opened anew in the next: with twice as many clients as
    // connections to keep, that is the larger part of what a request costs.
    pooled.idleSince = performance.now()
    this.#trimming ??= setTimeout(this.#trim, SURPLUS_IDLE).unref()
  }

  /** Closes what is beyond the number to keep and was not needed for a while: the bottom of the stack. */
  readonly #trim = (): void => {
    this.#trimming = undefined
    const surplus = this.#idle.length - this.#settings.maxIdle
    const before = performance.now() - SURPLUS_IDLE
    for (let i = 0; i < surplus && this.#idle[0]!.idleSince <= before; i++) this.#discard(this.#idle.shift()!)
    if (this.#idle.length > this.#settings.maxIdle) this.#trimming = setTimeout(this.#trim, SURPLUS_IDLE).unref()
  }

  #discard({ client }: PooledClient): void {
    this.#all--
    // Nothing is left to hear of a failure to close.
    client.close().catch(() => client.destroy())
  }
}

/** A pool that leaves its connections to undici: through a proxy, or multiplexed over HTTP/2. */
export class SharedPool implements UpstreamPool {
  readonly #dispatcher: Dispatcher
  readonly #origin: string
  readonly #settings: UpstreamSettings
  readonly onClosed = () => () => undefined
  readonly idle = 0
  created = 0
  reused = 0
  open = 0
  busy = 0

  constructor(origin: string, settings: UpstreamSettings, proxy: string | undefined) {
    this.#origin = origin
    this.#settings = settings
    const { Pool, ProxyAgent } = require('undici') as typeof Undici
    const connect = connectOptions(settings)
    const options = { allowH2: settings.http2, keepAliveTimeout: settings.idleTimeout, maxHeaderSize: MAX_HEADER_SIZE }
    const dispatcher = proxy
      ? new ProxyAgent({ ...proxyAt(proxy), ...options, proxyTls: connect, requestTls: connect })
      : new Pool(origin, { ...options, connect })
    dispatcher.on('connect', () => {
      this.created++
      this.open++
    })
    dispatcher.on('disconnect', () => {
      this.open--
    })
    this.#dispatcher = dispatcher
  }

  get settings(): Readonly<Record<string, number>> {
    return poolSettings(this.#settings)
  }
  get isMeasured(): boolean {
    return this.#settings.metrics
  }

  dispatch(request: UpstreamRequest, handler: UpstreamHandler): boolean {
    this.busy++
    const created = this.created
    handler.release = () => {
      this.busy--
      if (this.created === created) this.reused++
    }
    this.#dispatcher.dispatch({ ...request, origin: this.#origin } as never, handler as never)
    return this.open > 0
  }

  dropIdle(): void {
    // undici does not say which of its connections wait.
  }

  close(): Promise<void> {
    return this.#dispatcher.destroy()
  }
}

function connectOptions({ connectTimeout, tcpKeepAlive }: UpstreamSettings) {
  return { timeout: connectTimeout, keepAlive: tcpKeepAlive > 0, keepAliveInitialDelay: tcpKeepAlive }
}

/** undici itself overlooks a user without a password, as proxies have that take a token. */
function proxyAt(url: string): { uri: string; token?: string } {
  const { username, password } = new URL(url)
  if (username === '') return { uri: url }
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { uri: url, token: `Basic ${Buffer.from(user).toString('base64')}` }
}

function poolSettings(settings: UpstreamSettings): Readonly<Record<string, number>> {
  return {
    max_idle_per_host: settings.maxIdle,
    idle_timeout_secs: settings.idleTimeout / 1000,
    timeout_secs: settings.totalTimeout / 1000,
    connect_timeout_secs: settings.connectTimeout / 1000,
    tcp_keepalive_secs: settings.tcpKeepAlive / 1000,
  }
}
