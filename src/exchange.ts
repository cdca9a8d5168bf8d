import type { Dialect, Endpoint, RequestHead } from './dialect.ts'
import type { GatewayError } from './errors.ts'
import type { LlmRequest } from './request.ts'
import type { ResponseTranslation } from './response-translation.ts'

/** A typed per-request cell. The slot object is the key, so two plugins can never collide. */
export interface Slot<T> {
  readonly name: string
  readonly init: () => T
}

/** Declares a cell that each exchange can hold. Export it to share it; import it to read another plugin's. */
export function defineSlot<T>(name: string, init: () => T): Slot<T> {
  return Object.freeze({ name, init })
}

/** How an exchange ended. `rejected`: the gateway refused it; `error`: something failed; `cancelled`: the client left. */
export type Outcome = 'ok' | 'error' | 'rejected' | 'cancelled'

/**
 * An answer given by a plugin instead of a provider. Strings and bytes are sent as they are, objects as JSON, and what
 * can be iterated piece by piece as it comes, until it ends or the client leaves.
 */
export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | object | AsyncIterable<string | Uint8Array>
}

/** Limits of one attempt, in milliseconds; 0 means none. Absent ones are the provider's. */
export interface Timeouts {
  /** Until there is a connection. */
  readonly connect?: number
  /** Until the response head. */
  readonly headers?: number
  /** Between two pieces of the response body. */
  readonly idle?: number
  /** From the first byte sent to the last received. */
  readonly total?: number
}

/**
 * Failures of an attempt before any of its response has been passed on. `connect`: no connection (refused, unknown
 * host, connect timeout). `stale`: a kept connection turned out to be closed. `reset`: the connection broke after
 * the request had been sent on a new one. `timeout`: no response head, or of a held response no content, in time.
 * `protocol`: the answer was not HTTP, or not what was asked for, or the provider's certificate is not to be trusted.
 * `cut`: a held response broke off, or ended without having said anything.
 */
export type AttemptFailure = 'connect' | 'stale' | 'reset' | 'timeout' | 'protocol' | 'cut'

/** A try that came to nothing, as those see it who decide about another one. */
export interface FailedTry {
  readonly provider: string
  readonly model: string | undefined
  /** How it failed, or the status the provider refused with: in its head, or in an error event of a held stream. */
  readonly kind: AttemptFailure | number
  /** The head of the provider's answer, where there was one. */
  readonly head: ResponseHead | undefined
  /** How often this attempt has been made again so far. */
  readonly retries: number
  /** Whether the attempt's `on` names the kind. */
  readonly isListed: boolean
}

/** When one attempt is made again. */
export interface Retry {
  /** How many times at most, after the first. */
  readonly limit: number
  /** Failures, and upstream statuses, that are worth another try. */
  readonly on: readonly (AttemptFailure | number)[]
  /** The pause before the first retry, in milliseconds; it doubles each time. */
  readonly delay: number
  /**
   * Decides in place of `on` and `delay`, asked once for each failure within `limit`: milliseconds to wait before the
   * next try, or undefined for none.
   */
  readonly wait?: (failed: FailedTry) => number | undefined
}

/**
 * Keeps a response back until it has said something: the first event of a stream with content, the end of a whole body.
 * A failure before that, told in the stream or by its end, is the attempt's, and another may be made.
 */
export interface Hold {
  /** Milliseconds from sending the attempt to the first content of a stream; 0 for no limit. */
  readonly firstContent?: number
  /**
   * Milliseconds of waiting, over all attempts, after which the reader of a stream is told that its answer is still to
   * come, and again after each such time; 0 for never. From then on the response's status is 200, and a failure is
   * told in the stream. The plan's first attempt says it for all.
   */
  readonly keepAliveAfter?: number
}

/**
 * Asked right before an attempt is sent, each time it is made: an error keeps it from being sent, and the next attempt
 * of the plan has its turn. Where no attempt is left, the error is the client's answer. It is asked as well whether
 * there is a next attempt at all, so it only looks: what is to be counted is an observer's `attemptStarted`, which
 * follows at once where all gates are open.
 */
export type Gate = (attempt: Attempt) => GatewayError | undefined

/** One try at one provider. A plan is a list of them; the core walks it until one answers. */
export interface Attempt {
  readonly provider: string
  /** The model to ask for instead of the client's. */
  readonly model?: string
  /** In a plan: headers to add. In `egress`: every end-to-end header that will leave, credentials excepted. */
  readonly headers: Readonly<Record<string, string>>
  readonly timeouts?: Timeouts
  readonly retry?: Retry
  /**
   * Upstream statuses that let the next attempt of the plan take over. Failures before the response always do; 401, 402
   * and 403 never where the client's own credential was refused.
   */
  readonly fallbackOn?: readonly number[]
  readonly hold?: Hold
  /** In order; the first that objects decides. Add to those that are there. */
  readonly gates?: readonly Gate[]
  /** Which of the provider's keys goes along, counting from 0. A client's own credential takes its place. */
  readonly key?: number
  /**
   * A last touch to this attempt alone, before those of the `egress` hook: what only concerns attempts that are seldom
   * made need not tap the hook for all of them. What it throws fails the request.
   */
  readonly touch?: (attempt: OutgoingAttempt, exchange: Exchange) => OutgoingAttempt | undefined
  /**
   * Tools that the provider's dialect does not have are dropped (true) or refused (false), whatever the gateway does
   * otherwise.
   */
  readonly dropUnsupportedTools?: boolean
}

/** The attempts to make, in order. */
export type Plan = readonly Attempt[]

/** An attempt as it is about to leave. A changed copy returned from `egress` is what leaves. */
export interface OutgoingAttempt extends Attempt {
  readonly method: string
  /** Path and query at the provider. */
  readonly path: string
  /** The request of this attempt: the client's, asking for the attempt's model. In a changed copy, what leaves. */
  readonly request: LlmRequest
  /** Its bytes: the client's own unless a plugin replaced them. A changed `body` wins over a changed `request`. */
  readonly body: Buffer
  /** Makes the client's response out of the provider's, for a body that is not in the client's dialect. */
  readonly translation?: ResponseTranslation
  /** An answer given in the provider's stead: nothing is sent. */
  readonly reply?: Reply
}

/** What became of one attempt. Times are in milliseconds since the exchange began. */
export interface AttemptOutcome {
  readonly provider: string
  readonly model: string | undefined
  /** Counts from 1 over the whole exchange, retries included. */
  readonly number: number
  readonly startedAt: number
  /** When its response began to be passed on; undefined where it was not, and for a refusal. */
  readonly answeredAt: number | undefined
  readonly endedAt: number
  readonly status: number | undefined
  /** Why it failed before a response, or `cut` when the response broke off, or `cancelled` when the client left. */
  readonly failure: AttemptFailure | 'cancelled' | undefined
  /** The status in an error that a stream of status 200 told of. */
  readonly toldStatus: number | undefined
  /** The provider's response head, where there was one. */
  readonly head: ResponseHead | undefined
  /** Which of the provider's keys went along; undefined where it was the client's own. */
  readonly key: number | undefined
}

/** An attempt that is being made. */
export interface StartedAttempt {
  readonly provider: string
  /** The model it asks for. */
  readonly model: string | undefined
  /** Counts from 1 over the whole exchange, retries included. */
  readonly number: number
  readonly key: number | undefined
}

/** A request's head with the names of its headers, lower case. Those that hold a credential are named, though `get` keeps them. */
export interface ListedRequestHead extends RequestHead {
  names(): readonly string[]
}

/** The head of a response. */
export interface ResponseHead {
  readonly status: number
  /** A header by its lower-case name. */
  get(name: string): string | undefined
  /** The headers' names, lower case. */
  names(): readonly string[]
}

/**
 * A look at what passes, after it has passed: never a way to change it. Observers run on the serving thread, so they
 * hand over and return. Buffers are only valid during the call. One that `api.observe` was given hears of every exchange,
 * which comes last in each call; one that `exchange.observe` was given is taken off when it throws.
 */
export interface Observer {
  /** The client's body as it arrived, without its content coding. Unlike other bytes it may be kept, and must not be changed. */
  requestBody?(body: Uint8Array, exchange: Exchange): void
  /** Headers set on the response now are in time. */
  attemptStarted?(attempt: StartedAttempt, exchange: Exchange): void
  /** Its response is being passed on: the head has come, and of a held response the first content. */
  attemptAnswered?(attempt: StartedAttempt, head: ResponseHead, exchange: Exchange): void
  /** Once for every attempt, as soon as it is known: at the status line for a refusal, at the last byte otherwise. */
  attemptEnded?(outcome: AttemptOutcome, exchange: Exchange): void
  responseStarted?(head: ResponseHead, exchange: Exchange): void
  /** The bytes as they went to the client. */
  responseBytes?(bytes: Uint8Array, exchange: Exchange): void
}

/** What happened and when; filled in as the exchange goes on. Times are in milliseconds since it began. */
export interface Timings {
  /** Wall-clock start, in milliseconds since 1970. */
  readonly startedAt: number
  /** The whole request had arrived. */
  readonly requestEnd: number
  /** The attempt that answered was sent. */
  readonly upstreamStart: number
  /** Its response head arrived. */
  readonly upstreamHead: number
  /** The first byte of the body went to the client. */
  readonly firstByte: number
  /** The last byte went out, or the exchange broke off. */
  readonly end: number
}

/** One client request and everything that becomes of it: the context of every hook. Holds no credential. */
export interface Exchange {
  /** The gateway's id for it, sent as `x-lunaroute-request-id`. */
  readonly id: string
  readonly head: ListedRequestHead
  /** The listener's name and the client's address. */
  readonly listener: string
  readonly remoteAddress: string
  /** The dialect the client speaks; for a path no dialect serves, the one that claims the request. */
  readonly dialect: Dialect
  /** Null for a path that no dialect serves. */
  readonly endpoint: Endpoint | null
  /** Null until the body has arrived, and for paths that no dialect serves. */
  readonly request: LlmRequest | null
  /** The client's session, when it names one. */
  readonly session: string | undefined
  /** Aborts when the client leaves or the gateway gives up. */
  readonly signal: AbortSignal
  readonly timings: Timings
  readonly attempts: readonly AttemptOutcome[]
  /** The response head sent to the client. Null until there is one. */
  readonly response: ResponseHead | null
  /** Body bytes received from and sent to the client. */
  readonly requestBytes: number
  readonly responseBytes: number
  /** Whether the response went out as a stream of unknown length. */
  readonly isStreaming: boolean
  /** Set before `record` runs. */
  readonly outcome: Outcome | undefined
  readonly error: GatewayError | undefined
  /** Reads a slot, creating its value on first use. */
  use<T>(slot: Slot<T>): T
  /**
   * Adds a look at the attempts and raw bytes of this exchange. Ask in `ingress`, before anything has passed; for attempts
   * `route` will do. Who looks at every exchange, and remembers nothing of each, asks once: by `api.observe`.
   */
  observe(observer: Observer): void
  /** Sets a header of the response, if its head has not gone out, whatever the provider says there. The last value counts. */
  setResponseHeader(name: string, value: string): void
  /** Says that a query parameter was meant for the gateway: it leaves with no attempt. */
  takeParameter(name: string): void
  /**
   * Reads the body of a request that a plugin answers itself, in `ingress`. Rejects with a GatewayError when it is larger
   * than `limit` bytes or breaks off. To be asked once, and only where a reply follows.
   */
  readBody(limit: number): Promise<Buffer>
}
