import {
  type Chunk,
  type ErrorView,
  GatewayError,
  type ResponseHead,
  type ResponseTranslation,
  retryAfter,
  type StreamForm,
  type TranslatedHead,
  type UsageRecord,
} from 'lunaroute'
import {
  Collector,
  type Decoder,
  type Encoder,
  isObject,
  type JsonObject,
  type NeutralError,
  type NeutralEvent,
  type NeutralResponse,
  type OutgoingFrame,
} from 'lunaroute/neutral'
import { Answer, type AnswerParts, failureIn } from './answer.ts'
import { Cutter } from './cutter.ts'
import { gatewayError, understood } from './errors.ts'
import { type ClientHead, keptHeaders, requestIdOf, streamHeaders } from './headers.ts'
import { eventsOf } from './replay.ts'

/** What a translation of one response is made of. */
export interface TranslationParts extends AnswerParts {
  /** How the client wants the answer. */
  readonly to: StreamForm
  /** How the provider divides a stream that is no event stream. */
  readonly streamForm: StreamForm
  /** Told what tokens the provider says were used, whatever the client gets to see of it. */
  readonly usage: UsageRecord
  /** Headers for the client beside those of the provider. */
  readonly headers: () => Readonly<Record<string, string>>
  /** Milliseconds of silence in a stream after which the client hears that the answer is still to come; 0 for never. */
  readonly keepAliveAfter: number
}

/** Makes one response of the client's dialect out of one of the provider's. */
export class Translation implements ResponseTranslation {
  #isOver = false
  failure: GatewayError | undefined
  readonly #parts: TranslationParts
  readonly #answer: Answer
  readonly #head: ClientHead = { from: 'body', to: 'body', status: 200, headers: {} }
  #arrived!: ResponseHead
  #body: Chunk | undefined
  #decoder: Decoder | undefined
  #encoder: Encoder | undefined
  #collector: Collector | undefined
  #hasFrames = false
  readonly #finished = new Set<number>()
  readonly #cutter: Cutter | undefined

  constructor(parts: TranslationParts) {
    this.#parts = parts
    this.#answer = new Answer(parts)
    const { stops } = parts.reversal
    if (stops.length > 0) this.#cutter = new Cutter(stops, parts.context.inputTokens)
  }

  start(head: ResponseHead): TranslatedHead {
    const { provider, client, context, to, streamForm } = this.#parts
    this.#arrived = head
    this.#head.status = head.status
    if (head.status >= 400) return this.#head
    const type = head.get('content-type') ?? ''
    this.#head.from = type.startsWith('text/event-stream') ? 'sse' : streamForm
    this.#head.to = to
    this.#head.headers = { ...keptHeaders(head), ...streamHeaders(to), ...this.#parts.headers() }
    if (this.#head.from !== 'body') this.#decoder = provider.createDecoder()
    if (to !== 'body') this.#encoder = client.createEncoder(context)
    else if (this.#decoder) this.#collector = new Collector(provider.dialect)
    return this.#head
  }

  chunk(chunk: Chunk): readonly OutgoingFrame[] {
    if (this.#isOver) return NONE
    if (this.#decoder && chunk.kind !== 'body') return this.#pass(this.#decoder.push(chunk))
    this.#body = chunk
    return NONE
  }

  end(): readonly OutgoingFrame[] {
    if (this.#arrived.status >= 400) {
      const error = this.#parts.provider.readError(this.#given(), this.#arrived)
      // Dates and limits that are reset at some time take a clock to be read, and codecs have none.
      return this.#error({ ...error, retryAfter: error.retryAfter ?? retryAfter(this.#arrived) })
    }
    if (!this.#decoder || this.#body) return this.#whole()
    const last = this.#isOver ? NONE : this.#pass(this.#decoder.end())
    if (this.#collector) return this.#collected(this.#collector)
    return this.#isOver || this.#head.to === 'body' ? last : [...last, ...this.#encoder!.end()]
  }

  fail(error: ErrorView): readonly OutgoingFrame[] {
    if (this.#isOver || !this.#encoder) return NONE
    this.#isOver = true
    return this.#encoder.push({ type: 'error', error: gatewayError(error) })
  }

  get keepAliveAfter(): number {
    return this.#parts.keepAliveAfter
  }

  keepAlive(): readonly OutgoingFrame[] {
    // The status is out with it: what goes wrong from now on is said in the stream.
    this.#hasFrames = true
    return this.#encoder?.push({ type: 'ping' }) ?? NONE
  }

  #pass(events: readonly NeutralEvent[]): readonly OutgoingFrame[] {
    const frames: OutgoingFrame[] = []
    for (const event of events) {
      if (event.type === 'usage' || event.type === 'start') this.#parts.usage.add(event.usage)
      else if (event.type === 'finish') this.#finished.add(event.choice)
      else if (event.type === 'blockStart') this.#finished.delete(event.choice)
      // Nothing follows an error.
      if (this.#isOver) continue
      for (const each of this.#answer.event(event)) frames.push(...this.#cut(each))
    }
    return frames
  }

  /** Some servers give their reason to stop and then neither an end nor an end of the connection. */
  get isComplete(): boolean {
    return this.#isOver || this.#finished.size >= (this.#parts.context.request.answers ?? 1)
  }

  /** The provider need not go on with an answer that the client has in full. */
  get isCutShort(): boolean {
    return this.#cutter?.hasCut ?? false
  }

  #cut(event: NeutralEvent): readonly OutgoingFrame[] {
    if (!this.#cutter) return this.#write(event)
    return this.#cutter.push(event).flatMap(each => this.#write(each))
  }

  #write(event: NeutralEvent): readonly OutgoingFrame[] {
    this.#collector?.push(event)
    if (event.type === 'end') this.#isOver = true
    else if (event.type === 'error') return this.#broken(event.error)
    const frames = this.#encoder?.push(event) ?? NONE
    if (frames.length > 0) this.#hasFrames = true
    return frames
  }

  /** The provider's stream tells of an error, or broke off. Before anything was sent it is an answer with a status. */
  #broken(cause: NeutralError): readonly OutgoingFrame[] {
    const error = understood(cause)
    this.#isOver = true
    const { providerName } = this.#parts
    const code = error.kind === 'cut' ? 'LR_UPSTREAM_CUT' : 'LR_UPSTREAM_ERROR'
    this.failure = new GatewayError(code, 502, `the provider "${providerName}" broke off its response: ${error.kind}`)
    if (this.#collector) return NONE
    return this.#hasFrames ? this.#encoder!.push({ type: 'error', error }) : this.#error(error)
  }

  #collected(collector: Collector): readonly OutgoingFrame[] {
    if (collector.error) return this.#error(understood(collector.error))
    return [{ data: this.#parts.client.writeResponse(collector.response, this.#parts.context) }]
  }

  #whole(): readonly OutgoingFrame[] {
    const { provider, client, context, providerName } = this.#parts
    const body = this.#body?.json()
    if (Array.isArray(body) && body.length > 0 && body.every(isObject)) return this.#pieces(body)
    if (!isObject(body)) {
      const message = `the provider "${providerName}" answered with something that is not JSON`
      throw new GatewayError('LR_UPSTREAM_PROTOCOL', 502, message)
    }
    const read = provider.readResponse(body)
    // Some servers send their errors with status 200, and of those some with nothing but a text.
    const isSilent = read.choices.every(({ content }) => content.length === 0)
    const { error } = body
    if (isSilent && (isObject(error) || (typeof error === 'string' && error !== ''))) {
      const told = isObject(error) ? body : { error: { message: error } }
      return this.#error(read.error ?? provider.readError(told, { status: undefined, get: () => undefined }))
    }
    this.#parts.usage.add(read.usage)
    // An answer without a choice says nothing, and clients look at the first one.
    const [first = { index: 0, content: [], stop: { reason: 'stop' } as const }, ...others] = read.choices
    if (isSilent && first.stop?.reason === 'error') return this.#error(read.error ?? failureIn(first.stop))
    const choices = [first, ...others].map(choice => {
      const given = this.#answer.choice(choice)
      return this.#cutter?.choice(given) ?? given
    })
    const response: NeutralResponse = { ...read, choices, usage: this.#answer.usage(read.usage) }
    if (!this.#encoder) return [{ data: client.writeResponse(response, context) }]
    const frames = eventsOf(response).flatMap(event => this.#write(event))
    return this.#isOver ? frames : [...frames, ...this.#encoder.end()]
  }

  /** A stream that came as one list: servers of Gemini that do not know `alt=sse`. */
  #pieces(list: readonly JsonObject[]): readonly OutgoingFrame[] {
    const { provider } = this.#parts
    const decoder = provider.createDecoder()
    if (!this.#encoder) this.#collector = new Collector(provider.dialect)
    const pieces = list.map(each => decoder.push({ event: undefined, data: JSON.stringify(each), json: () => each }))
    const frames = [...pieces, decoder.end()].flatMap(events => this.#pass(events))
    if (this.#collector) return this.#collected(this.#collector)
    return this.#isOver ? frames : [...frames, ...this.#encoder!.end()]
  }

  #error(cause: NeutralError): readonly OutgoingFrame[] {
    const { client, headers } = this.#parts
    const requestId = cause.requestId ?? requestIdOf(this.#arrived)
    const { status, headers: own, body } = client.writeError({ ...understood(cause), requestId })
    this.#head.to = 'body'
    this.#head.status = status
    this.#head.headers = { ...keptHeaders(this.#arrived), ...streamHeaders('body'), ...headers(), ...own }
    return [{ data: body }]
  }

  #given(): unknown {
    return this.#body?.json() ?? this.#body?.data ?? ''
  }
}

const NONE: readonly never[] = []
