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
    this.#tell(each => each.requestBody?.(body))
  }

  attemptStarted(attempt: StartedAttempt): void {
    this.#tell(each => each.attemptStarted?.(attempt))
  }

  attemptAnswered(attempt: StartedAttempt, head: ResponseHead): void {
    this.#tell(each => each.attemptAnswered?.(attempt, head))
  }

  attemptEnded(outcome: AttemptOutcome): void {
    this.#tell(each => each.attemptEnded?.(outcome))
  }

  responseStarted(head: ResponseHead): void {
    this.#tell(each => each.responseStarted?.(head))
  }

  responseBytes(bytes: Uint8Array): void {
    this.#tell(each => each.responseBytes?.(bytes))
  }

  #tell(call: (observer: Observer) => void): void {
    for (let i = this.#list.length - 1; i >= 0; i--) {
      try {
        call(this.#list[i]!)
      } catch (error) {
        this.#list.splice(i, 1)
        this.#report(error)
      }
    }
  }
}
