import {
  type AttemptOutcome,
  callerSlot,
  type Exchange,
  type Observer,
  routeSlot,
  type StartedAttempt,
  usageSlot,
} from 'lunaroute'
import type { Engine } from './engine.ts'
import { FRAME, MAX_PAYLOAD, type RecordedAttempt, type RecordedEnd, type RecordedHead, type Sent } from './frames.ts'
import { safeHeaders, safeQuery } from './secrets.ts'

const NOTHING = new Uint8Array(0)
/**
 * How long the request waits to be copied, in milliseconds: until it is with the provider, which has to think now; of an
 * answer that comes at once, until it has gone out.
 */
const PATIENCE = 10

/** Looks at one exchange and hands on what it sees. Parses nothing. */
export class Tap implements Observer {
  readonly #engine: Engine
  readonly #exchange: Exchange
  readonly #number: number
  readonly #began = performance.now()
  #hasHead = false
  /** Sent with the head, which what goes to the client may come before. */
  #body: Uint8Array | undefined
  #attempt: RecordedAttempt | undefined
  #hasAttempt = false
  #timer: NodeJS.Timeout | undefined
  #isDropped = false

  constructor(engine: Engine, exchange: Exchange) {
    this.#engine = engine
    this.#exchange = exchange
    this.#number = engine.nextExchange()
  }

  requestBody(body: Uint8Array): void {
    this.#body = body
    this.#beginSoon()
  }

  attemptStarted({ provider }: StartedAttempt): void {
    if (this.#hasAttempt) return
    this.#hasAttempt = true
    const { id, reason } = this.#exchange.use(routeSlot)
    const route = { route: id ?? null, routeReason: reason ?? null }
    this.#attempt = { provider, model: this.#exchange.request?.modelLabel ?? null, ...route }
    this.#beginSoon()
  }

  responseBytes(bytes: Uint8Array): void {
    // Without an endpoint and an attempt it is a page of the gateway's own.
    if (!this.#hasAttempt && this.#exchange.endpoint === null) return
    if (bytes.length <= MAX_PAYLOAD) this.#send(FRAME.bytes, bytes)
    else {
      for (let at = 0; at < bytes.length; at += MAX_PAYLOAD) {
        this.#send(FRAME.bytes, bytes.subarray(at, at + MAX_PAYLOAD))
      }
    }
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#begin()
    this.#json(FRAME.end, this.#endOf())
    if (this.#isDropped) this.#engine.drop(this.#number)
  }

  #beginSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      try {
        this.#begin()
      } catch {
        // The end meets it again, where it is told.
      }
    }, PATIENCE)
  }

  /** Sends what there is of the request. */
  #begin(): void {
    if (!this.#hasHead) {
      this.#json(FRAME.head, this.#headOf())
      this.#hasHead = true
    }
    if (this.#body) {
      for (let at = 0; at < this.#body.length; at += MAX_PAYLOAD) {
        this.#send(FRAME.body, this.#body.subarray(at, at + MAX_PAYLOAD))
      }
      this.#body = undefined
    }
    if (this.#attempt) {
      this.#json(FRAME.attempt, this.#attempt)
      this.#attempt = undefined
    }
  }

  #headOf(): Sent<RecordedHead> {
    const { id, head, dialect, endpoint, timings, listener, remoteAddress } = this.#exchange
    const { name, keyHash } = this.#exchange.use(callerSlot)
    return {
      id,
      startedAt: timings.startedAt,
      dialect: dialect.name,
      method: head.method,
      path: head.path,
      query: safeQuery(head.query),
      headers: safeHeaders(head),
      listener,
      address: remoteAddress,
      operation: endpoint?.operation ?? 'unknown',
      hasJsonBody: endpoint?.body === 'json',
      stream: endpoint?.stream ?? null,
      caller: name ?? null,
      callerKey: keyHash ?? null,
    }
  }

  #endOf(): Sent<RecordedEnd> {
    const exchange = this.#exchange
    const { outcome, error, request, response, timings, requestBytes, responseBytes, attempts } = exchange
    const { id } = exchange.use(routeSlot)
    return {
      outcome: outcome ?? 'error',
      error: error ? { code: error.code, message: error.message } : null,
      model: request?.modelLabel ?? null,
      status: response?.status ?? 0,
      headers: response ? safeHeaders(response) : [],
      duration: timings.end,
      requestBytes,
      responseBytes,
      attempts: attempts.map(attemptOf),
      usage: exchange.use(usageSlot).usage ?? null,
      route: id ?? null,
    }
  }

  #json(kind: number, value: unknown): void {
    const bytes = Buffer.from(JSON.stringify(value))
    this.#send(kind, bytes.length <= MAX_PAYLOAD ? bytes : NOTHING)
  }

  /** What follows a lost frame is of no use. */
  #send(kind: number, payload: Uint8Array): void {
    if (this.#isDropped) return
    this.#isDropped = !this.#engine.send(kind, this.#number, performance.now() - this.#began, payload)
  }
}

function attemptOf(attempt: AttemptOutcome): RecordedEnd['attempts'][number] {
  const { provider, model, number, startedAt, answeredAt, endedAt, status, failure, toldStatus, key } = attempt
  return { provider, model, number, startedAt, answeredAt, endedAt, status, failure, toldStatus, key }
}
