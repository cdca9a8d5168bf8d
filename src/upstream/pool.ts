import { buildConnector, Client, Pool, ProxyAgent } from 'undici'
import type { UpstreamSettings } from '../config/resolved.ts'
import type { PoolStats } from '../plugin.ts'
import { WarmSockets } from './warm-sockets.ts'

// The only file that imports undici. Requests go through its raw handler interface: header names keep their case and
// order, and a chunk costs no promise and no parsed header object.

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

/** What happens to a request, in order. Names and meanings are undici's. */
export interface UpstreamHandler {
  onConnect(abort: (reason?: Error) => void): void
  /** Headers are a flat list of names and values. False pauses the body. */
  onHeaders(status: number, headers: readonly Buffer[], resume: () => void, statusText: string): boolean
  /** False pauses the body until `resume`. */
  onData(chunk: Buffer): boolean
  onComplete(trailers: readonly Buffer[]): void
  onError(error: Error): void
}

/** Opens a socket: undici's own connector, or one around it. */
export type Connect = buildConnector.connector
export type ConnectOptions = buildConnector.Options
export type ConnectCallback = buildConnector.Callback

/** Connections to one host. */
export interface UpstreamPool extends PoolStats {
  /** True when the request went out on a connection that had been used before. */
  dispatch(request: UpstreamRequest, handler: UpstreamHandler): boolean
  close(): Promise<void>
}

type Dispatcher = Pick<Client, 'dispatch' | 'destroy'>

/**
 * One undici client per request in flight, the idle ones on a stack. Not undici's own Pool, because that has no limit
 * on idle connections that is not also a limit on busy ones, looks for a free client by walking them all (1,000 slow
 * streams make that the main cost), and does not say which connections it made or used again.
 */
export class ClientPool implements UpstreamPool {
  readonly #origin: string
  readonly #settings: UpstreamSettings
  readonly #connect: Connect
  readonly #idle: Client[] = []
  readonly #all = new Set<Client>()
  readonly #closedListeners = new Set<(ageSeconds: number) => void>()
  readonly #connectedAt = new Map<Client, number>()
  #isClosed = false
  created = 0
  reused = 0

  constructor(origin: string, settings: UpstreamSettings) {
    this.#origin = origin
    this.#settings = settings
    const connect = buildConnector({
      timeout: settings.connectTimeout,
      keepAlive: settings.tcpKeepAlive > 0,
      keepAliveInitialDelay: settings.tcpKeepAlive,
    })
    this.#connect = settings.warm > 0 ? new WarmSockets(connect, origin, settings.warm).connect : connect
  }

  get open(): number {
    return this.#connectedAt.size
  }
  get idle(): number {
    return this.#idle.length
  }
  get busy(): number {
    return this.#all.size - this.#idle.length
  }
  get settings(): Readonly<Record<string, number>> {
    return poolSettings(this.#settings)
  }
  get isMeasured(): boolean {
    return this.#settings.metrics
  }

  dispatch(request: UpstreamRequest, handler: UpstreamHandler): boolean {
    const reused = this.reused
    const client = this.#take()
    client.dispatch(request as never, new Returning(handler, this.#giveBack, client) as never)
    return this.reused > reused
  }

  onClosed(listener: (ageSeconds: number) => void): () => void {
    this.#closedListeners.add(listener)
    return () => this.#closedListeners.delete(listener)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all(this.#idle.splice(0).map(client => client.close()))
  }

  #take(): Client {
    const idle = this.#idle.pop()
    if (idle) {
      this.reused++
      return idle
    }
    const { idleTimeout } = this.#settings
    const client = new Client(this.#origin, {
      connect: this.#connect,
      pipelining: 1,
      keepAliveTimeout: idleTimeout,
      keepAliveMaxTimeout: idleTimeout,
      maxHeaderSize: 256 * 1024,
    })
    this.#all.add(client)
    client.on('connect', () => {
      this.created++
      this.#connectedAt.set(client, performance.now())
    })
    client.on('disconnect', () => this.#disconnected(client))
    return client
  }

  /** A client without its connection is worth nothing: the next request would connect anew anyway. */
  #disconnected(client: Client): void {
    const since = this.#connectedAt.get(client)
    this.#connectedAt.delete(client)
    if (since !== undefined) for (const listener of this.#closedListeners) listener((performance.now() - since) / 1000)
    const at = this.#idle.indexOf(client)
    if (at >= 0) {
      this.#idle.splice(at, 1)
      this.#discard(client)
    }
  }

  readonly #giveBack = (client: Client): void => {
    const isKept = !this.#isClosed && this.#connectedAt.has(client) && this.#idle.length < this.#settings.maxIdle
    if (isKept) this.#idle.push(client)
    else this.#discard(client)
  }

  #discard(client: Client): void {
    this.#all.delete(client)
    // Nothing is left to hear of a failure to close.
    client.close().catch(() => client.destroy())
  }
}

/**
 * Gives the client back when the request is over, however it ends. Where the connection cannot be kept undici closes it
 * a moment later, and `disconnect` takes the client off the stack again; a request that comes between makes it connect.
 */
class Returning implements UpstreamHandler {
  readonly #inner: UpstreamHandler
  readonly #giveBack: (client: Client) => void
  readonly #client: Client

  constructor(inner: UpstreamHandler, giveBack: (client: Client) => void, client: Client) {
    this.#inner = inner
    this.#giveBack = giveBack
    this.#client = client
  }

  onConnect(abort: (reason?: Error) => void): void {
    this.#inner.onConnect(abort)
  }
  onHeaders(status: number, headers: readonly Buffer[], resume: () => void, statusText: string): boolean {
    return this.#inner.onHeaders(status, headers, resume, statusText)
  }
  onData(chunk: Buffer): boolean {
    return this.#inner.onData(chunk)
  }
  onComplete(trailers: readonly Buffer[]): void {
    this.#giveBack(this.#client)
    this.#inner.onComplete(trailers)
  }
  onError(error: Error): void {
    this.#giveBack(this.#client)
    this.#inner.onError(error)
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
    const options = {
      allowH2: settings.http2,
      keepAliveTimeout: settings.idleTimeout,
      connect: { timeout: settings.connectTimeout },
    }
    const dispatcher = proxy ? new ProxyAgent({ uri: proxy, ...options }) : new Pool(origin, options)
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
    const done = () => {
      this.busy--
      if (this.created === created) this.reused++
    }
    this.#dispatcher.dispatch(
      { ...request, origin: this.#origin } as never,
      {
        onConnect: (abort: (reason?: Error) => void) => handler.onConnect(abort),
        onHeaders: handler.onHeaders.bind(handler),
        onData: handler.onData.bind(handler),
        onComplete: (trailers: readonly Buffer[]) => {
          done()
          handler.onComplete(trailers)
        },
        onError: (error: Error) => {
          done()
          handler.onError(error)
        },
      } as never,
    )
    return this.open > 0
  }

  close(): Promise<void> {
    return this.#dispatcher.destroy()
  }
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
