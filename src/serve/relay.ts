import { GatewayError } from '../errors.ts'
import type { Attempt, AttemptOutcome } from '../exchange.ts'
import type { LlmRequest } from '../request.ts'
import type { ResponseTranslation } from '../response-translation.ts'
import { responseHeaders } from '../upstream/headers.ts'
import type { UpstreamHandler } from '../upstream/pool.ts'
import type { AttemptResult, Sending } from './attempt.ts'
import { type Output, outputFor } from './output.ts'
import { TranslatedOutput } from './translated-output.ts'
import { type Classified, classify } from './upstream-failure.ts'

/** Carries one attempt's response to the client, or the attempt's failure to the plan. undici calls it in order. */
export class Relay implements UpstreamHandler {
  readonly #sending: Sending
  readonly #settle: (result: AttemptResult) => void
  readonly #translation: ResponseTranslation | undefined
  readonly #number: number
  readonly #startedAt: number
  release: () => void = nothing
  #abort: ((reason?: Error) => void) | undefined
  #output: Output | null = null
  #status: number | undefined
  #isReused = false
  #isCancelled = false
  #isOver = false
  #timer: NodeJS.Timeout | undefined

  constructor(sending: Sending, settle: (result: AttemptResult) => void, translation?: ResponseTranslation) {
    const { exchange, provider } = sending
    this.#sending = sending
    this.#settle = settle
    this.#translation = translation
    this.#number = exchange.attempts.length + 1
    this.#startedAt = exchange.timings.stamp('upstreamStart')
    exchange.cancelUpstream = this.#cancel
    exchange.observers?.attemptStarted(provider.name, this.#number)
  }

  /** The request is on its way: on a connection used before or not, with so many milliseconds in all, 0 for any. */
  sent(isReused: boolean, total: number): void {
    this.#isReused = isReused
    if (total > 0 && !this.#isOver) this.#timer = setTimeout(this.#timeOut, total, total)
  }

  onConnect(abort: (reason?: Error) => void): void {
    this.#abort = abort
    if (this.#isCancelled) abort(new Error('cancelled'))
  }

  onHeaders(status: number, raw: readonly Buffer[], resume: () => void, statusText: string): boolean {
    if (status < 200) return true
    const { exchange, isHeld, provider } = this.#sending
    exchange.timings.stamp('upstreamHead')
    this.#status = status
    if (isHeld(status)) {
      this.#end(undefined)
      const message = `the provider "${provider.name}" answered with status ${status}`
      this.#settle({ kind: status, error: new GatewayError('LR_UPSTREAM_PROTOCOL', 502, message) })
      this.#abort?.(new Error('held'))
      return false
    }
    const arrived = { status, statusText, raw, resume, headers: responseHeaders }
    this.#output = this.#translation
      ? new TranslatedOutput(exchange, arrived, this.#translation)
      : outputFor(exchange, arrived)
    this.#settle(null)
    return true
  }

  onData(chunk: Buffer): boolean {
    const { exchange } = this.#sending
    if (exchange.reply.destroyed) return false
    try {
      return this.#output!.push(chunk)
    } catch (error) {
      exchange.fail(error)
      return false
    }
  }

  onComplete(trailers: readonly Buffer[]): void {
    this.release()
    if (this.#isOver) return
    const { exchange } = this.#sending
    exchange.cancelUpstream = null
    try {
      this.#output!.end(trailers)
    } catch (error) {
      exchange.fail(error)
    }
    // A stream that ended without its proper end, or told of a failure, is one that broke off.
    this.#end(exchange.error === undefined ? undefined : 'cut')
  }

  onError(cause: Error): void {
    this.release()
    if (this.#isOver) return
    const { exchange, provider } = this.#sending
    if (this.#isCancelled) {
      this.#end('cancelled')
      this.#settle(null)
      return
    }
    const { failure, error } = classify(cause, provider.name, this.#isReused)
    if (this.#output === null) return this.#fail(failure, error)
    this.#output.flush?.()
    this.#end('cut')
    exchange.fail(
      new GatewayError('LR_UPSTREAM_CUT', 502, `the provider "${provider.name}" broke off its response`, { cause }),
    )
  }

  readonly #cancel = (): void => {
    if (this.#isOver || this.#isCancelled) return
    this.#isCancelled = true
    this.#abort?.(new Error('cancelled'))
  }

  readonly #timeOut = (total: number): void => {
    const { exchange, provider } = this.#sending
    const message = `the provider "${provider.name}" did not finish within ${total / 1000} s`
    const error = new GatewayError('LR_UPSTREAM_TIMEOUT', 504, message)
    if (this.#output !== null) {
      this.#end('cut')
      this.#abort?.(error)
      return exchange.fail(error)
    }
    this.#fail('timeout', error)
    this.#abort?.(error)
  }

  #fail(failure: Classified['failure'], error: GatewayError): void {
    this.#end(failure)
    this.#settle({ kind: failure, error })
  }

  #end(failure: AttemptOutcome['failure']): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    const { exchange } = this.#sending
    exchange.cancelUpstream = null
    if (!exchange.generation.isTapped) return
    const outcome = new Ended(this.#sending, this.#number, this.#startedAt, this.#status, failure)
    exchange.attempts.push(outcome)
    exchange.observers?.attemptEnded(outcome)
  }
}

function nothing(): void {
  // No pool has taken the request yet.
}

/** An attempt's outcome. The model is looked up when asked for: for the client's own that means scanning the body. */
class Ended implements AttemptOutcome {
  readonly provider: string
  readonly number: number
  readonly startedAt: number
  readonly endedAt: number
  readonly status: number | undefined
  readonly failure: AttemptOutcome['failure']
  readonly #planned: Attempt
  readonly #request: LlmRequest | null

  constructor(
    { exchange, provider, planned }: Sending,
    number: number,
    startedAt: number,
    status: number | undefined,
    failure: AttemptOutcome['failure'],
  ) {
    this.provider = provider.name
    this.number = number
    this.startedAt = startedAt
    this.endedAt = exchange.timings.now
    this.status = status
    this.failure = failure
    this.#planned = planned
    this.#request = exchange.request
  }

  get model(): string | undefined {
    return this.#planned.model ?? this.#request?.modelLabel
  }
}
