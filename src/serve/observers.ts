import type { AttemptOutcome, Observer, ResponseHead, StartedAttempt } from '../exchange.ts'

/** The looks that plugins asked for at one exchange. One that throws is reported and taken off. */
export class Observers {
  readonly #list: Observer[] = []
  readonly #report: (error: unknown) => void

  constructor(report: (error: unknown) => void) {
    this.#report = report
  }

  add(observer: Observer): void {
    this.#list.push(observer)
  }

  requestBody(body: Uint8Array): void {
    this.#tell(requestBody, body, undefined)
  }

  attemptStarted(attempt: StartedAttempt): void {
    this.#tell(attemptStarted, attempt, undefined)
  }

  attemptAnswered(attempt: StartedAttempt, head: ResponseHead): void {
    this.#tell(attemptAnswered, attempt, head)
  }

  attemptEnded(outcome: AttemptOutcome): void {
    this.#tell(attemptEnded, outcome, undefined)
  }

  responseStarted(head: ResponseHead): void {
    this.#tell(responseStarted, head, undefined)
  }

  responseBytes(bytes: Uint8Array): void {
    this.#tell(responseBytes, bytes, undefined)
  }

  #tell<A, B>(call: (observer: Observer, first: A, second: B) => void, first: A, second: B): void {
    for (let i = this.#list.length - 1; i >= 0; i--) {
      try {
        call(this.#list[i]!, first, second)
      } catch (error) {
        this.#list.splice(i, 1)
        this.#report(error)
      }
    }
  }
}

// Made once: every chunk of every stream comes through here.
const requestBody = (each: Observer, body: Uint8Array) => each.requestBody?.(body)
const attemptStarted = (each: Observer, attempt: StartedAttempt) => each.attemptStarted?.(attempt)
const attemptAnswered = (each: Observer, attempt: StartedAttempt, head: ResponseHead) =>
  each.attemptAnswered?.(attempt, head)
const attemptEnded = (each: Observer, outcome: AttemptOutcome) => each.attemptEnded?.(outcome)
const responseStarted = (each: Observer, head: ResponseHead) => each.responseStarted?.(head)
const responseBytes = (each: Observer, bytes: Uint8Array) => each.responseBytes?.(bytes)
