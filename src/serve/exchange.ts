import { type IncomingMessage, type ServerResponse, validateHeaderName, validateHeaderValue } from 'node:http'
// The global of that name is a getter, which a request would ask ten times.
import { performance } from 'node:perf_hooks'
import { NOBODY } from '../audience.ts'
import type { Dialect, Endpoint } from '../dialect.ts'
import type { Found, PathModel } from '../endpoints.ts'
import { GatewayError } from '../errors.ts'
import type { AttemptOutcome, Exchange, Observer, Outcome, ResponseHead, Slot } from '../exchange.ts'
import type { Generation } from '../generation.ts'
import type { WireError } from '../neutral/codec.ts'
import type { ClientCredential } from '../plugin.ts'
import type { LlmRequest } from '../request.ts'
import { setHeader } from '../upstream/headers.ts'
import { readBody } from './body.ts'
import type { CodedBody } from './coded-body.ts'
import { IncomingHeaders } from './incoming-headers.ts'
import type { KeepAlive } from './keep-alive.ts'
import type { Listener } from './listener.ts'
import { logFailure } from './log-failure.ts'
import { Observers } from './observers.ts'
import { refusalOf } from './refusal.ts'
import { SafeRequestHead } from './request-head.ts'
import { nextId } from './request-id.ts'
import { sendError } from './respond.ts'

/** How long a cut response may take to reach the client as far as it goes, in milliseconds. */
const CUT_DEADLINE = 5_000

/** One exchange on a real connection: its state, and the ways it can end. The story itself is in `lifecycle.ts`. */
export class ServedExchange implements Exchange {
  readonly id = nextId()
  readonly generation: Generation
  readonly listenerInfo: Listener
  readonly message: IncomingMessage
  readonly reply: ServerResponse
  readonly incoming: IncomingHeaders
  readonly head: SafeRequestHead
  readonly dialect: Dialect
  readonly endpoint: Endpoint | null
  readonly pathModel: PathModel | null
  readonly #found: Found | null
  readonly attempts: AttemptOutcome[] = []
  readonly timings: Times
  request: LlmRequest | null = null
  response: ResponseHead | null = null
  place = -1
  requestBytes = 0
  responseBytes = 0
  isStreaming = false
  outcome: Outcome | undefined
  error: GatewayError | undefined
  observers: Observers | null
  /** The body's content coding, which a request that nobody changes leaves with. */
  codedBody: CodedBody | null = null
  /** Why the listener itself cannot let the request pass. */
  listenerRefusal: GatewayError | undefined
  /** False once a plugin has claimed the client's credentials for the gateway. */
  hasOwnCredentials = true
  /** Query parameters that were meant for the gateway. */
  takenParameters: string[] | null = null
  /** Headers that plugins add to the response, names and values in turn. */
  addedHeaders: string[] | null = null
  /** Breaks off what is under way upstream. */
  cancelUpstream: (() => void) | null = null
  /** Tells a waiting client that its answer is still to come. */
  keepAlive: KeepAlive | null = null
  /** Ends a response that has begun with an error its reader understands, where there is a way to say one. */
  breakOff: ((error: GatewayError) => void) | null = null
  /** Slots and what is in them, in turn. */
  #slots: unknown[] | null = null
  #abort: AbortController | undefined
  #session: string | undefined | null = null

  constructor(
    generation: Generation,
    listener: Listener,
    message: IncomingMessage,
    reply: ServerResponse,
    url: string,
  ) {
    this.generation = generation
    this.listenerInfo = listener
    this.message = message
    this.reply = reply
    this.timings = generation.isTapped ? new Times() : UNTIMED
    const { audience, log } = generation
    this.observers = audience === null ? null : new Observers(this, audience, log)
    this.incoming = new IncomingHeaders(message.rawHeaders)
    this.head = new SafeRequestHead(message, url, generation)
    const found = generation.endpoints.find(this.head, listener.served)
    this.#found = found
    this.endpoint = found?.kind === 'match' ? found.endpoint : null
    this.pathModel = found?.kind === 'match' ? found.model : null
    this.dialect = found?.dialect ?? listener.dialectFor(this.head, generation)
  }

  get listener(): string {
    return this.listenerInfo.name
  }

  get remoteAddress(): string {
    return this.message.socket.remoteAddress ?? ''
  }

  get session(): string | undefined {
    if (this.#session === null) {
      if (!this.request) return undefined
      this.#session = sessionOf(this.request)
    }
    return this.#session
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.isOver) this.#abort.abort()
    return this.#abort.signal
  }

  /** The client has its answer, or has gone. */
  get isOver(): boolean {
    return this.outcome !== undefined || this.reply.destroyed
  }

  /** Why the core cannot serve the request, known from its head. Asked after `ingress`, whose replies need no endpoint. */
  refusal(): GatewayError | undefined {
    return refusalOf(this.#found, this.head.method, this.incoming)
  }

  use<T>(slot: Slot<T>): T {
    this.#slots ??= []
    // A handful at most: faster gone through than hashed.
    for (let i = 0; i < this.#slots.length; i += 2) if (this.#slots[i] === slot) return this.#slots[i + 1] as T
    const value = slot.init()
    this.#slots.push(slot, value)
    return value
  }

  observe(observer: Observer): void {
    this.observers ??= new Observers(this, NOBODY, this.generation.log)
    this.observers.add(observer)
  }

  setResponseHeader(name: string, value: string): void {
    if (value === undefined || validHeaders.get(name) !== value) {
      validateHeaderName(name)
      validateHeaderValue(name, value)
      // Bounded, should a plugin make names up as it goes.
      if (value.length < 200 && (validHeaders.size < 1000 || validHeaders.has(name))) validHeaders.set(name, value)
    }
    if (this.reply.headersSent) return
    this.addedHeaders ??= []
    setHeader(this.addedHeaders, name, value)
  }

  takeParameter(name: string): void {
    this.takenParameters ??= []
    this.takenParameters.push(name)
  }

  readBody(limit: number): Promise<Buffer> {
    return readBody(this.message, this.incoming.contentLength, Math.min(limit, this.listenerInfo.bodyLimit))
  }

  /**
   * Ends the exchange with an error: as a reply in the client's dialect, or, once a response has begun, by cutting it.
   * `answer` is the reply where the error is a provider's, in words of the client's dialect.
   */
  fail(cause: unknown, answer?: WireError): void {
    const error =
      cause instanceof GatewayError ? cause : new GatewayError('LR_INTERNAL', 500, 'the gateway failed', { cause })
    this.error ??= error
    this.keepAlive?.stop()
    if (!this.isOver) logFailure(this.generation.log, this.id, error)
    this.cancelUpstream?.()
    const { breakOff } = this
    this.breakOff = null
    if (this.reply.headersSent) breakOff ? breakOff(error) : this.cut()
    else if (!this.reply.destroyed) this.#refuse(error, answer)
  }

  /** Called from event handlers too, where a throw would end the process. */
  #refuse(error: GatewayError, answer: WireError | undefined): void {
    try {
      sendError(this, error, answer)
    } catch (cause) {
      this.generation.log.error({ err: cause, exchange: this.id }, `the error ${error.code} could not be sent`)
      this.reply.destroy()
    }
  }

  /** Ends a response that has begun in a way no client can take for its normal end. */
  cut(): void {
    const { reply, message } = this
    const { socket } = reply
    if (!socket) {
      reply.destroy()
      return
    }
    // Without chunked framing or a length, as in HTTP/1.0, closing the connection is the normal end: reset it instead.
    if (message.httpVersionMajor === 1 && message.httpVersionMinor === 0) socket.resetAndDestroy()
    // What has been written still reaches the client, unless it does not read: the missing end tells it the rest.
    else socket.destroySoon()
    setTimeout(() => reply.destroy(), CUT_DEADLINE).unref()
  }

  abort(): void {
    const message = 'the gateway ended the request because it is shutting down'
    this.fail(new GatewayError('LR_SHUTTING_DOWN', 503, message, { headers: { 'retry-after': '1' } }))
  }

  /** Called once, when the connection is done with this response. */
  close(): Outcome {
    this.timings.end = this.timings.now
    const isComplete = this.reply.writableFinished
    this.outcome = this.#outcome(isComplete)
    this.cancelUpstream?.()
    this.keepAlive?.stop()
    if (this.#abort && this.outcome !== 'ok') this.#abort.abort()
    return this.outcome
  }

  #outcome(isComplete: boolean): Outcome {
    if (!isComplete && !this.error) return 'cancelled'
    const status = this.error?.status ?? this.response?.status ?? 0
    if (status < 400) return 'ok'
    return status < 500 && this.attempts.length === 0 ? 'rejected' : 'error'
  }
}

/** Names of headers that plugins have set, with the value that each had last: what is as before is not looked at again. */
const validHeaders = new Map<string, string>()

/** A session is worth no failure: whether broken JSON is refused is for those to say who need what is in it. */
function sessionOf(request: LlmRequest): string | undefined {
  try {
    return request.dialect.session?.(request)
  } catch (error) {
    if (error instanceof GatewayError) return undefined
    throw error
  }
}

/** Milliseconds since the exchange began; 0 for what has not happened. */
class Times {
  readonly startedAt = Date.now()
  readonly #start = performance.now()
  requestEnd = 0
  upstreamStart = 0
  upstreamHead = 0
  firstByte = 0
  end = 0

  get now(): number {
    return performance.now() - this.#start
  }
}

/** For exchanges nobody looks at. */
class NoTimes extends Times {
  override get now(): number {
    return 0
  }
}

const UNTIMED: Times = new NoTimes()

/** The credentials of an exchange made by this file, for plugins that declared the capability. */
export function credentialsOf(exchange: Exchange): readonly ClientCredential[] {
  return exchange instanceof ServedExchange ? exchange.head.credentials() : []
}

/** Keeps the credentials of such an exchange from leaving. */
export function withholdCredentials(exchange: Exchange): void {
  if (exchange instanceof ServedExchange) exchange.hasOwnCredentials = false
}
