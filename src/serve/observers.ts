import type { Audience, Teller } from '../audience.ts'
import type { AttemptOutcome, Exchange, Observer, ResponseHead, StartedAttempt } from '../exchange.ts'
import type { Logger } from '../plugin.ts'

/** Tells of one exchange: the plugins that hear of all, then those that asked for this one. */
export class Observers {
  readonly #exchange: Exchange
  readonly #audience: Audience
  readonly #log: Pick<Logger, 'error'>
  #own: Observer[] | null = null

  constructor(exchange: Exchange, audience: Audience, log: Pick<Logger, 'error'>) {
    this.#exchange = exchange
    this.#audience = audience
    this.#log = log
  }

  /** An observer of this exchange alone. One that throws is reported and taken off. */
  add(observer: Observer): void {
    this.#own ??= []
    this.#own.push(observer)
  }

  requestBody(body: Uint8Array): void {
    this.#tell(this.#audience.requestBody, requestBody, body, undefined)
  }

  attemptStarted(attempt: StartedAttempt): void {
    this.#tell(this.#audience.attemptStarted, attemptStarted, attempt, undefined)
  }

  attemptAnswered(attempt: StartedAttempt, head: ResponseHead): void {
    this.#tell(this.#audience.attemptAnswered, attemptAnswered, attempt, head)
  }

  attemptEnded(outcome: AttemptOutcome): void {
    this.#tell(this.#audience.attemptEnded, attemptEnded, outcome, undefined)
  }

  responseStarted(head: ResponseHead): void {
    this.#tell(this.#audience.responseStarted, responseStarted, head, undefined)
  }

  responseBytes(bytes: Uint8Array): void {
    this.#tell(this.#audience.responseBytes, responseBytes, bytes, undefined)
  }

  #tell<A, B>(all: readonly Teller[], call: Call<A, B>, first: A, second: B): void {
    for (let i = 0; i < all.length; i++) all[i]!(first, second, this.#exchange)
    if (this.#own !== null) this.#tellOwn(this.#own, call, first, second)
  }

  #tellOwn<A, B>(own: Observer[], call: Call<A, B>, first: A, second: B): void {
    for (let i = own.length - 1; i >= 0; i--) {
      try {
        call(own[i]!, first, second, this.#exchange)
      } catch (error) {
        own.splice(i, 1)
        this.#log.error({ err: error, exchange: this.#exchange.id }, 'an observer failed and was taken off')
      }
    }
  }
}

type Call<A, B> = (observer: Observer, first: A, second: B, exchange: Exchange) => void

// Made once: every chunk of every stream comes through here.
const requestBody: Call<Uint8Array, undefined> = (each, body, _, exchange) => each.requestBody?.(body, exchange)
const attemptStarted: Call<StartedAttempt, undefined> = (each, attempt, _, exchange) =>
  each.attemptStarted?.(attempt, exchange)
const attemptAnswered: Call<StartedAttempt, ResponseHead> = (each, attempt, head, exchange) =>
  each.attemptAnswered?.(attempt, head, exchange)
const attemptEnded: Call<AttemptOutcome, undefined> = (each, outcome, _, exchange) =>
  each.attemptEnded?.(outcome, exchange)
const responseStarted: Call<ResponseHead, undefined> = (each, head, _, exchange) =>
  each.responseStarted?.(head, exchange)
const responseBytes: Call<Uint8Array, undefined> = (each, bytes, _, exchange) => each.responseBytes?.(bytes, exchange)
