import type { Chunk } from '../chunk.ts'
import type { Dialect } from '../dialect.ts'
import type { AttemptFailure, ResponseHead } from '../exchange.ts'
import { type Decoder, isObject, type NeutralError, type NeutralEvent, type NeutralResponse } from '../neutral/index.ts'
import { createFramer, type Framer } from '../sse/framer.ts'

/** Bytes after which a response that has said nothing is passed on as it is. */
const STREAM_LIMIT = 1024 * 1024
const BODY_LIMIT = 8 * 1024 * 1024

/** Why a held response is no answer. */
export interface Told {
  /** The status of an error told in a response of status 200, or how the response failed. */
  readonly kind: AttemptFailure | number
  readonly message: string
  /** The error that was told. */
  readonly error?: NeutralError
}

/** `content`: the client may have it. `nothing`: not yet to be told. */
export type Verdict = 'content' | 'nothing' | Told

/**
 * A response of status 200 that is kept back until it has said something: its bytes, and what their dialect's decoder
 * makes of them. Parsed are only the events before the first with content.
 */
export class HeldResponse {
  readonly parts: Buffer[] = []
  readonly #framer: Framer
  readonly #decoder: Decoder | undefined
  readonly #dialect: Dialect
  readonly #limit: number
  #length = 0
  #verdict: Verdict = 'nothing'
  #body: Chunk | undefined

  constructor(dialect: Dialect, head: ResponseHead, isStream: boolean) {
    this.#dialect = dialect
    const type = (head.get('content-type') ?? '').toLowerCase()
    const isEvents = type.startsWith('text/event-stream')
    // What is coded could only be read by decoding it, and was not asked for.
    const isCoded = (head.get('content-encoding') ?? 'identity').toLowerCase() !== 'identity'
    if (isCoded) this.#verdict = 'content'
    else if (!isEvents && !/^application\/(?:[\w.-]+\+)?json\b/.test(type)) {
      this.#verdict = {
        kind: 'protocol',
        message: `answered with "${type || 'no content type'}", which is no ${dialect.name}`,
      }
    }
    if (isEvents || isStream) this.#decoder = dialect.codec?.createDecoder()
    this.#limit = this.#decoder ? STREAM_LIMIT : BODY_LIMIT
    this.#framer = createFramer(isEvents ? 'sse' : isStream ? 'json-array' : 'body', this.#take)
  }

  /** What is known before the first byte. */
  get verdict(): Verdict {
    return this.#verdict
  }

  push(bytes: Buffer): Verdict {
    this.parts.push(bytes)
    this.#length += bytes.length
    if (this.#verdict === 'nothing') this.#framer.push(bytes)
    if (this.#verdict === 'nothing' && this.#length > this.#limit) this.#verdict = 'content'
    return this.#verdict
  }

  /** The response has ended properly, as far as HTTP goes. */
  end(): Verdict {
    if (this.#verdict !== 'nothing') return this.#verdict
    this.#framer.end()
    if (this.#verdict === 'nothing' && this.#body) this.#judge(this.#body.json())
    else if (this.#verdict === 'nothing' && this.#decoder) this.#look(this.#decoder.end())
    if (this.#verdict === 'nothing')
      this.#verdict = { kind: 'cut', message: 'ended its answer without saying anything' }
    return this.#verdict
  }

  readonly #take = (chunk: Chunk): void => {
    if (this.#verdict !== 'nothing') return
    if (chunk.kind === 'body') this.#body = chunk
    else if (this.#decoder) this.#look(this.#decoder.push(chunk))
    else this.#verdict = 'content'
  }

  #look(events: readonly NeutralEvent[]): void {
    for (const event of events) {
      if (event.type === 'error') this.#verdict = told(event.error)
      else if (hasContent(event)) this.#verdict = 'content'
      else continue
      return
    }
  }

  /** Some servers send their errors with status 200. */
  #judge(body: unknown): void {
    const { codec } = this.#dialect
    if (!isObject(body)) this.#verdict = { kind: 'protocol', message: 'answered with something that is not JSON' }
    else if (codec && isObject(body.error) && codec.readResponse(body).choices.every(isEmpty)) {
      // Its head says that all is well, and nothing of the error.
      this.#verdict = told(codec.readError(body))
    } else this.#verdict = 'content'
  }
}

/** Whether an event says something to the reader that cannot be unsaid. */
function hasContent(event: NeutralEvent): boolean {
  switch (event.type) {
    case 'textDelta':
    case 'reasoningDelta':
    case 'inputDelta':
      return event.text !== ''
    case 'blockStart':
      return event.block.type !== 'text' && event.block.type !== 'reasoning'
    case 'start':
    case 'usage':
    case 'ping':
    case 'native':
    case 'blockStop':
    case 'error':
      return false
    default:
      return true
  }
}

function isEmpty({ content }: NeutralResponse['choices'][number]): boolean {
  return content.length === 0
}

function told(error: NeutralError): Told {
  const { kind, status, message } = error
  if (kind === 'cut') return { kind: 'cut', message: 'broke off its answer before it had said anything' }
  return { kind: status ?? STATUS[kind] ?? 500, message: `told of an error in its answer: ${message}`, error }
}

const STATUS: Partial<Record<NeutralError['kind'], number>> = {
  invalidRequest: 400,
  contextLength: 400,
  authentication: 401,
  billing: 402,
  permission: 403,
  notFound: 404,
  tooLarge: 413,
  unprocessable: 422,
  rateLimit: 429,
  quota: 429,
  overloaded: 529,
  timeout: 504,
}
