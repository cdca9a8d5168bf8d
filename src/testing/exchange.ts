import { validateHeaderName, validateHeaderValue } from 'node:http'
import { type Audience, NOBODY } from '../audience.ts'
import type { Dialect, Endpoint } from '../dialect.ts'
import type { GatewayError } from '../errors.ts'
import type {
  AttemptOutcome,
  Exchange,
  ListedRequestHead,
  Observer,
  Outcome,
  ResponseHead,
  Slot,
  Timings,
} from '../exchange.ts'
import type { LlmRequest } from '../request.ts'
import { Observers } from '../serve/observers.ts'

/** What a test may say of an exchange: how it came in, and how far it has got. */
export interface ExchangeState {
  readonly id?: string
  readonly listener?: string
  readonly remoteAddress?: string
  readonly session?: string
  readonly signal?: AbortSignal
  readonly timings?: Partial<Timings>
  readonly attempts?: readonly AttemptOutcome[]
  readonly response?: { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  readonly requestBytes?: number
  readonly responseBytes?: number
  readonly isStreaming?: boolean
  readonly outcome?: Outcome
  readonly error?: GatewayError
}

/** How an exchange begins. */
export interface Incoming {
  /** What `readBody` reads, for a page of a plugin's own. */
  readonly body?: Buffer | undefined
  readonly head: ListedRequestHead
  readonly dialect: Dialect
  readonly request: LlmRequest | null
  /** Who hears of every exchange. */
  readonly audience?: Audience | null
}

const NO_TIMINGS: Timings = {
  startedAt: 0,
  requestEnd: 0,
  upstreamStart: 0,
  upstreamHead: 0,
  firstByte: 0,
  end: 0,
}

/** An exchange without a connection. It keeps what a plugin did to it, for a test to look at. */
export class TestExchange implements Exchange {
  readonly id: string
  readonly head: ListedRequestHead
  readonly listener: string
  readonly remoteAddress: string
  readonly dialect: Dialect
  readonly endpoint: Endpoint | null
  readonly request: LlmRequest | null
  readonly body: Buffer | undefined
  readonly session: string | undefined
  readonly signal: AbortSignal
  readonly timings: Timings
  readonly attempts: readonly AttemptOutcome[]
  readonly response: ResponseHead | null
  readonly requestBytes: number
  readonly responseBytes: number
  readonly isStreaming: boolean
  readonly outcome: Outcome | undefined
  readonly error: GatewayError | undefined
  /** What plugins added to the response, by lower-case name. */
  readonly responseHeaders: Record<string, string> = {}
  /** Whether a plugin claimed the client's credentials for the gateway. */
  areCredentialsWithheld = false
  /** Calls the observers that plugins added: `exchange.observers.attemptEnded(...)`. */
  readonly observers: Observers
  readonly #slots = new Map<unknown, unknown>()

  constructor(came: Incoming, state: ExchangeState = {}) {
    const { request } = came
    this.id = state.id ?? 'req_test'
    this.request = request
    this.head = came.head
    this.dialect = came.dialect
    this.endpoint = request?.endpoint ?? null
    this.listener = state.listener ?? 'default'
    this.remoteAddress = state.remoteAddress ?? '127.0.0.1'
    this.session = state.session ?? (request ? came.dialect.session?.(request) : undefined)
    this.signal = state.signal ?? new AbortController().signal
    this.timings = { ...NO_TIMINGS, startedAt: Date.now(), ...state.timings }
    this.attempts = state.attempts ?? []
    const { status, headers = {} } = state.response ?? {}
    this.response = status ? { status, get: name => headers[name], names: () => Object.keys(headers) } : null
    this.requestBytes = state.requestBytes ?? request?.bytes.length ?? 0
    this.responseBytes = state.responseBytes ?? 0
    this.isStreaming = state.isStreaming ?? request?.isStream ?? false
    this.outcome = state.outcome
    this.error = state.error
    this.body = came.body
    this.observers = new Observers(this, came.audience ?? NOBODY, {
      error: fields => {
        throw (fields as { err: unknown }).err
      },
    })
  }

  use<T>(slot: Slot<T>): T {
    if (!this.#slots.has(slot)) this.#slots.set(slot, slot.init())
    return this.#slots.get(slot) as T
  }

  observe(observer: Observer): void {
    this.observers.add(observer)
  }

  /** Query parameters that a plugin took for the gateway. */
  readonly takenParameters: string[] = []

  takeParameter(name: string): void {
    this.takenParameters.push(name)
  }

  /** The body of its request, or nothing. */
  readBody(): Promise<Buffer> {
    return Promise.resolve(this.body ?? this.request?.bytes ?? Buffer.alloc(0))
  }

  setResponseHeader(name: string, value: string): void {
    validateHeaderName(name)
    validateHeaderValue(name, value)
    this.responseHeaders[name.toLowerCase()] = value
  }
}
