import { GatewayError } from '../errors.ts'
import type { AttemptOutcome, ResponseHead } from '../exchange.ts'
import { responseHeaders } from '../upstream/headers.ts'
import type { UpstreamHandler } from '../upstream/pool.ts'
import { type AttemptResult, type Outgoing, type Sending, spokenWith } from './attempt.ts'
import { Ended, RawHead, Started } from './attempt-record.ts'
import { AttemptTimers } from './attempt-timers.ts'
import { HeldRefusal, ToldHead } from './held-refusal.ts'
import { HeldResponse, type Told, type Verdict } from './held-response.ts'
import { isOwnFault, KEY_FAULTS } from './key-faults.ts'
import { LateRefusal } from './late-refusal.ts'
import { logFailure } from './log-failure.ts'
import { type Arrived, type Output, outputFor } from './output.ts'
import { redirect, redirectAway } from './redirect.ts'
import { toldError } from './told-error.ts'
import { TranslatedOutput } from './translated-output.ts'
import { type Classified, classify } from './upstream-failure.ts'

/** Carries one attempt's response to the client, or the attempt's failure to the plan. undici calls it in order. */
export class Relay implements UpstreamHandler {
  readonly #sending: Sending
  readonly #settle: (result: AttemptResult) => void
  readonly #outgoing: Outgoing
  #known: Started | undefined
  readonly #startedAt: number
  release: () => void = nothing
  #abort: ((reason?: Error) => void) | undefined
  #output: Output | null = null
  #arrived: Arrived | undefined
  #head: ResponseHead | undefined
  #held: HeldResponse | null = null
  #refusal: HeldRefusal | null = null
  #toldStatus: number | undefined
  #isReused = false
  #isCancelled = false
  #isOver = false
  #isReported = false
  #answeredAt: number | undefined
  #timers: AttemptTimers | null = null

  constructor(sending: Sending, settle: (result: AttemptResult) => void, outgoing: Outgoing) {
    const { exchange } = sending
    this.#sending = sending
    this.#settle = settle
    this.#outgoing = outgoing
    this.#startedAt = exchange.timings.now
    exchange.timings.upstreamStart = this.#startedAt
    exchange.cancelUpstream = this.#cancel
    exchange.observers?.attemptStarted(this.#started)
  }

  /** The request is on its way: on a connection used before or not, with so many milliseconds in all, 0 for any. */
  sent(isReused: boolean, total: number): void {
    this.#isReused = isReused
    if (this.#isOver) return
    const { planned, request } = this.#sending
    const connect = this.#abort ? 0 : (planned.timeouts?.connect ?? 0)
    const { firstContent = 0 } = planned.hold ?? {}
    // Whether it is a stream stands in the body, which is not read for nothing.
    const content = firstContent > 0 && request?.isStream ? firstContent : 0
    if (total === 0 && connect === 0 && content === 0) return
    this.#timers ??= new AttemptTimers()
    this.#timers.start({ total, connect, content }, this.#timeOut, this.#noConnection)
  }

  onConnect(abort: (reason?: Error) => void): void {
    this.#abort = abort
    this.#timers?.connected()
    // Given up while it waited for its connection, by a client that left or a limit of time.
    if (this.#isCancelled || this.#isOver) abort(new Error('cancelled'))
  }

  onHeaders(status: number, raw: readonly Buffer[], resume: () => void, statusText: string): boolean {
    if (status < 200) return true
    const { exchange, planned, request } = this.#sending
    exchange.timings.upstreamHead = exchange.timings.now
    this.#arrived = { status, statusText, raw, resume, headers: responseHeaders }
    if (exchange.generation.isTapped) this.#head = new RawHead(status, raw)
    if (status >= 400) {
      if (!HeldRefusal.fits(planned, this.#whole())) return this.#refused()
      this.#refusal = new HeldRefusal(spokenWith(this.#sending.provider, exchange), this.#whole())
      this.#timers ??= new AttemptTimers()
      this.#timers.waitFor(() => this.#refused(), HeldRefusal.patience)
      return true
    }
    // Nobody follows a redirect: it could lead anywhere, and the credential with it.
    const isGeneration = request?.endpoint.operation === 'generate'
    const isRedirect = status >= 300 && status < 400 && (status !== 304 || isGeneration)
    const away = isRedirect && exchange.endpoint ? redirectAway(this.#whole(), this.#sending.provider) : undefined
    if (away) return this.#giveUp('protocol', away)
    if (isRedirect && planned.hold && this.#isFailure(redirect(status))) return false
    if (planned.hold && status < 300 && isGeneration) {
      this.#held = new HeldResponse(spokenWith(this.#sending.provider, exchange), this.#whole(), request.isStream)
      return this.#decide(this.#held.verdict)
    }
    return this.#commit()
  }

  onData(chunk: Buffer): boolean {
    const { exchange } = this.#sending
    if (exchange.reply.destroyed) return false
    try {
      if (this.#refusal) return this.#refusal.push(chunk) || this.#refused()
      return this.#held ? this.#decide(this.#held.push(chunk)) : this.#output!.push(chunk)
    } catch (error) {
      exchange.fail(error)
      return false
    }
  }

  onComplete(trailers: readonly Buffer[]): void {
    this.release()
    if (this.#isOver) return
    const { exchange } = this.#sending
    try {
      if (this.#refusal && !this.#refused() && this.#isOver) return
      if (this.#held && !this.#decide(this.#held.end()) && this.#isOver) return
      exchange.cancelUpstream = null
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
    // What has come of a refusal says enough.
    if (this.#refusal && !this.#refused() && this.#isOver) return
    const { failure, error } = classify(cause, provider.name, this.#isReused, this.#abort !== undefined)
    if (failure === 'stale') provider.pool.dropIdle()
    if (this.#arrived === undefined) return this.#fail(failure, error)
    const message = `the provider "${provider.name}" broke off its response`
    const cut = new GatewayError('LR_UPSTREAM_CUT', 502, message, { cause })
    if (this.#output === null) return failure === 'timeout' ? this.#fail(failure, error) : this.#fail('cut', cut)
    this.#output.flush?.()
    this.#end('cut')
    exchange.fail(cut)
  }

  /** The provider has refused. False where another try follows, or the client is slower. */
  #refused(): boolean {
    const { status } = this.#arrived!
    if (this.#refusal) this.#head = this.#refusal.head()
    // What a refusal means for the next attempt is for those to say who have heard of it.
    this.#report(undefined)
    const told: Told = { kind: status, message: `answered with status ${status}` }
    if (this.#isFailure(told)) return false
    if (!isOwnFault(status, this.#sending, this.#outgoing)) return this.#commit()
    const error = toldError(told, this.#sending, this.#head)
    logFailure(this.#sending.exchange.generation.log, this.#sending.exchange.id, error)
    return this.#giveUp('protocol', error, true)
  }

  /** The response is the client's: nothing can take its place any more. False where the client is slower. */
  #commit(): boolean {
    const { exchange } = this.#sending
    const arrived = this.#arrived!
    const { translation } = this.#outgoing
    const parts = (this.#held ?? this.#refusal)?.parts ?? []
    this.#held = null
    this.#refusal = null
    this.#timers?.answered()
    exchange.keepAlive?.stop()
    this.#answeredAt = exchange.timings.now
    exchange.observers?.attemptAnswered(this.#started, this.#whole())
    const isLate = exchange.reply.headersSent && LateRefusal.fits(this.#whole(), translation ? null : exchange.endpoint)
    // What a waiting client was to be told of a failure is for the output to say from now on.
    if (!isLate) exchange.breakOff = null
    if (isLate) this.#output = new LateRefusal(this.#sending, this.#whole())
    else if (translation) this.#output = new TranslatedOutput(exchange, arrived, translation)
    else this.#output = outputFor(exchange, arrived, this.#sending.planned.hold !== undefined)
    this.#settle(null)
    let isFlowing = true
    for (const part of parts) isFlowing = this.#output.push(part)
    return isFlowing
  }

  /** Acts on what a held response has said so far. False stops the provider's bytes. */
  #decide(verdict: Verdict): boolean {
    if (verdict === 'nothing') return true
    if (verdict === 'content') return this.#commit()
    const { kind, error } = verdict
    if (error?.retryAfter !== undefined) this.#head = new ToldHead(this.#whole(), error.retryAfter)
    if (typeof kind === 'number') this.#toldStatus = kind
    this.#report(typeof kind === 'number' ? undefined : kind)
    if (this.#isFailure(verdict)) return false
    // An error has a status again as long as none has gone out. What is only not understood is the client's to read.
    return error || kind === 'cut' ? this.#refuse(verdict) : this.#commit()
  }

  /** Gives the attempt up where another try follows. */
  #isFailure(told: Told): boolean {
    const { kind } = told
    // A client that is refused with its own credential is not served with the gateway's.
    if (this.#outgoing.hasClientCredential && KEY_FAULTS.has(kind)) return false
    const next = this.#sending.walk.next(kind, this.#head)
    if (next === null) return false
    this.#end(undefined)
    this.#settle({ kind, error: toldError(told, this.#sending, this.#head), head: this.#head, next })
    this.#abort?.(new Error('held'))
    return true
  }

  /** Answers with the error that a response of status 200 told of, or says that it held nothing. */
  #refuse(told: Told): false {
    const { exchange } = this.#sending
    this.#end(undefined)
    const answer = told.error && exchange.dialect.codec?.writeError(told.error)
    exchange.fail(toldError(told, this.#sending, this.#head), answer)
    this.#settle(null)
    this.#abort?.(new Error('refused'))
    return false
  }

  readonly #cancel = (): void => {
    if (this.#isOver || this.#isCancelled) return
    this.#isCancelled = true
    this.#abort?.(new Error('cancelled'))
  }

  readonly #timeOut = (reason: string): void => {
    const { exchange, provider } = this.#sending
    const error = new GatewayError('LR_UPSTREAM_TIMEOUT', 504, `the provider "${provider.name}" ${reason}`)
    if (this.#output !== null) {
      this.#end('cut')
      this.#abort?.(error)
      return exchange.fail(error)
    }
    this.#giveUp('timeout', error)
  }

  #giveUp(failure: Classified['failure'], error: GatewayError, isUnmade = false): false {
    this.#fail(failure, error, isUnmade)
    this.#abort?.(error)
    return false
  }

  readonly #noConnection = (): void => {
    const message = `the provider "${this.#sending.provider.name}" cannot be reached: no connection in time`
    // The request waits for its connection yet, and is taken back when it gets one.
    this.#isCancelled = true
    this.#fail('connect', new GatewayError('LR_UPSTREAM_CONNECT', 502, message))
  }

  #fail(failure: Classified['failure'], error: GatewayError, isUnmade = false): void {
    this.#end(failure)
    this.#settle({ kind: failure, error, head: this.#head, isUnmade })
  }

  #end(failure: AttemptOutcome['failure']): void {
    this.#isOver = true
    this.#timers?.stop()
    this.#sending.exchange.cancelUpstream = null
    this.#report(failure)
  }

  /** Tells once what became of the attempt. */
  #report(failure: AttemptOutcome['failure']): void {
    const { exchange } = this.#sending
    if (!exchange.generation.isTapped || this.#isReported) return
    this.#isReported = true
    const outcome = new Ended(this.#started, {
      startedAt: this.#startedAt,
      answeredAt: this.#answeredAt,
      endedAt: exchange.timings.now,
      head: this.#head,
      toldStatus: this.#toldStatus,
      failure,
    })
    exchange.attempts.push(outcome)
    exchange.observers?.attemptEnded(outcome)
  }

  /** Made when somebody asks: nobody does in a gateway without plugins. */
  get #started(): Started {
    this.#known ??= new Started(this.#sending, this.#outgoing)
    return this.#known
  }

  /** The response's head, for those who ask more of it than observers do. */
  #whole(): ResponseHead {
    const { status, raw } = this.#arrived!
    this.#head ??= new RawHead(status, raw)
    return this.#head
  }
}

function nothing(): void {
  // No pool has taken the request yet.
}
