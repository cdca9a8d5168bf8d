import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import type { ResolvedListener, ResolvedServer } from '../config/resolved.ts'
import type { Dialect, RequestHead } from '../dialect.ts'
import { ConfigError, GatewayError } from '../errors.ts'
import type { Generation } from '../generation.ts'
import { PLAIN_DIALECT } from '../plain-dialect.ts'
import { answerOnSocket, type ClientError, headersTooLarge, refusalOf, targetOf } from './client-error.ts'
import { ServedExchange } from './exchange.ts'
import { HostCheck, isLoopback } from './host-check.ts'
import type { IncomingHeaders } from './incoming-headers.ts'
import { handle } from './lifecycle.ts'

// The only file that imports fastify, which starts and stops listening. Requests do not pass through its router and
// request objects: paths come and go with generations, bodies stay bytes, and the detour costs 5 us of the 50 that a
// small request costs in all (docs/benchmarks.md).

/** The state every listener serves from. */
export interface Serving {
  readonly generation: Generation
  readonly isDraining: boolean
}

/** A whole request must have arrived within this time, in milliseconds. */
const REQUEST_DEADLINE = 600_000
/** Node's parser stops at the first, before anyone can tell whose error envelope fits; the gateway at the second. */
const PARSED_HEADER_BYTES = 1024 * 1024
const MAX_HEADER_BYTES = 64 * 1024
const MAX_HEADERS = 1000

/** One address the gateway listens on. */
export class Listener {
  readonly name: string
  readonly host: string
  readonly bodyLimit: number
  /** Names of the dialects served here; null for all. */
  readonly served: ReadonlySet<string> | null
  readonly #app: FastifyInstance
  readonly #serving: Serving
  readonly #hostCheck: HostCheck | null
  #port: number

  constructor(config: ResolvedListener, server: ResolvedServer, serving: Serving) {
    this.name = config.name
    this.host = config.host
    this.#port = config.port
    this.bodyLimit = config.bodyLimit
    this.served = config.dialects && new Set(config.dialects)
    this.#serving = serving
    this.#hostCheck = isLoopback(config.host) ? new HostCheck(server.allowedHosts) : null
    this.#app = this.#createApp(config, server)
  }

  get port(): number {
    return this.#port
  }

  async listen(): Promise<void> {
    try {
      await this.#app.listen({ host: this.host, port: this.#port, backlog: 4096 })
    } catch (cause) {
      throw new ConfigError(`cannot listen on ${this.host}:${this.#port}: ${reasonOf(cause)}`, { cause })
    }
    this.#port = (this.#app.server.address() as AddressInfo).port
  }

  /** Stops taking connections; resolves when the last one is closed. */
  async close(): Promise<void> {
    await this.#app.close()
  }

  /** Closes the connections that are left. */
  closeAll(): void {
    this.#app.server.closeAllConnections()
  }

  /** Whose dialect an error speaks when the path does not tell. */
  dialectFor(head: RequestHead, generation: Generation): Dialect {
    const served = generation.dialects.filter(each => this.served?.has(each.name) ?? true)
    return served.find(each => each.claims(head)) ?? served[0] ?? PLAIN_DIALECT
  }

  #createApp(config: ResolvedListener, server: ResolvedServer): FastifyInstance {
    const options = {
      keepAliveTimeout: server.keepAliveTimeout,
      headersTimeout: server.headerTimeout,
      requestTimeout: REQUEST_DEADLINE,
      // How often the two above are looked at; Node's own 30 s would make a shorter header timeout a fiction.
      connectionsCheckingInterval: Math.min(server.headerTimeout / 2, 30_000),
      maxHeaderSize: PARSED_HEADER_BYTES,
      noDelay: true,
    }
    const serve = (message: IncomingMessage, reply: ServerResponse) => this.#serve(message, reply, message.url ?? '/')
    return Fastify({
      logger: false,
      return503OnClosing: false,
      forceCloseConnections: 'idle',
      serverFactory: () => {
        const http = config.tls ? createTlsServer({ ...options, ...config.tls }, serve) : createServer(options, serve)
        // Node would drop what is beyond a limit of its own, without a word.
        http.maxHeadersCount = 0
        // Which other expectation there may be, nobody who sends it depends on.
        http.on('checkExpectation', serve)
        http.on('checkContinue', (message: IncomingMessage, reply: ServerResponse) => {
          // A body that is refused for its length is better not sent at all.
          if (!(Number(message.headers['content-length']) > this.bodyLimit)) reply.writeContinue()
          serve(message, reply)
        })
        http.on('connect', (message: IncomingMessage, socket: Socket) => this.#refuseTunnel(message, socket))
        return http.on('clientError', (error: ClientError, socket: Socket) => this.#refuse(error, socket))
      },
    } as object) as unknown as FastifyInstance
  }

  #serve(message: IncomingMessage, reply: ServerResponse, target: string): void {
    // A write can still fail between the client's going and our hearing of it; `close` tells the rest.
    reply.on('error', destroyed)
    const { generation, isDraining } = this.#serving
    const url = target.startsWith('/') ? target : pathOf(target)
    const exchange = new ServedExchange(generation, this, message, reply, url)
    if (isDraining) {
      // The generation is being disposed: the exchange does not enter it.
      exchange.fail(draining())
      return
    }
    exchange.listenerRefusal = this.#refusal(exchange.incoming)
    handle(exchange)
  }

  #refusal(headers: IncomingHeaders): GatewayError | undefined {
    if (headers.characters > MAX_HEADER_BYTES || headers.count > MAX_HEADERS) return headersTooLarge()
    return this.#hostCheck?.refusal(headers.host, headers.origin)
  }

  #refuse(error: ClientError, socket: Socket): void {
    if (error.code === 'ECONNRESET') {
      socket.destroy()
      return
    }
    this.#answer(socket, refusalOf(error), targetOf(error))
  }

  /** Nobody means to tunnel through a gateway: it has been taken for a proxy. */
  #refuseTunnel({ method = 'CONNECT' }: IncomingMessage, socket: Socket): void {
    socket.on('error', destroyed)
    const message = 'this gateway is no proxy; clients take its address as their base URL, not as HTTPS_PROXY'
    this.#answer(socket, new GatewayError('LR_METHOD', 405, message), { method, path: '/' })
  }

  #answer(socket: Socket, refusal: GatewayError, target: Pick<RequestHead, 'method' | 'path'>): void {
    const { generation } = this.#serving
    const head = { ...target, query: '', get: () => undefined, has: () => false }
    const found = generation.endpoints.find(head, this.served)
    const dialect = found?.dialect ?? this.dialectFor(head, generation)
    const { status, code, message, param } = refusal
    answerOnSocket(socket, refusal, requestId => dialect.errorBody({ status, code, message, param, requestId }))
  }
}

function destroyed(this: ServerResponse | Socket): void {
  this.destroy()
}

function draining(): GatewayError {
  const headers = { 'retry-after': '1', connection: 'close' }
  return new GatewayError('LR_SHUTTING_DOWN', 503, 'the gateway is shutting down', { headers })
}

/** The path and query of an absolute-form target, as a proxy's client sends it. */
function pathOf(target: string): string {
  const found = /^https?:\/\/[^/?#]*([^#]*)/i.exec(target)
  const rest = found?.[1] ?? ''
  return rest.startsWith('/') ? rest : `/${rest}`
}

function reasonOf(cause: unknown): string {
  const { code, message } = cause as { code?: string; message?: string }
  if (code === 'EADDRINUSE') return 'another program listens there already; choose another with --port'
  if (code === 'EACCES') return 'this user may not use that port'
  return message ?? String(cause)
}
