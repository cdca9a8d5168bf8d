import { asBuffer } from '../body/accumulator.ts'
import { isSpace, skipSpace } from '../body/json-skip.ts'
import { type FieldRange, scanFields } from '../body/scan.ts'
import type { Chunk } from '../chunk.ts'
import type { Dialect } from '../dialect.ts'
import type { AttemptFailure, ResponseHead } from '../exchange.ts'
import { type Decoder, isObject, type NeutralError, type NeutralEvent, type NeutralResponse } from '../neutral/index.ts'
import { createFramer, type Framer } from '../sse/framer.ts'

const LINE_FEED = 0x0a
const BRACE = 0x7b
const QUOTE = 0x22
const CLOSING_BRACE = 0x7d
const EVENTS = /^text\/event-stream/i
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\b/i
const ERROR_KEY = Buffer.from('"error"')

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
 * A successful response that is kept back until it has said something: its bytes, and what their dialect's decoder
 * makes of them. Parsed are only the events before the first with content.
 */
export class HeldResponse {
  readonly parts: Buffer[] = []
  /** Takes a stream apart; a whole body is only looked at. */
  readonly #framer: Framer | null
  readonly #isEvents: boolean
  readonly #decoder: Decoder | undefined
  readonly #dialect: Dialect
  readonly #limit: number
  #length = 0
  #verdict: Verdict = 'nothing'
  #body: Uint8Array | undefined

  constructor(dialect: Dialect, head: ResponseHead, isStream: boolean) {
    this.#dialect = dialect
    const type = head.get('content-type') ?? ''
    const isJson = type === 'application/json' || JSON_TYPE.test(type)
    const isEvents = !isJson && EVENTS.test(type)
    const coding = head.get('content-encoding')
    // What is coded could only be read by decoding it, and was not asked for.
    if (coding !== undefined && coding.toLowerCase() !== 'identity') this.#verdict = 'content'
    else if (!isEvents && !isJson) {
      this.#verdict = {
        kind: 'protocol',
        message: `answered with "${type || 'no content type'}", which is no ${dialect.name}`,
      }
    }
    if (isEvents || isStream) this.#decoder = dialect.codec?.createDecoder()
    this.#limit = this.#decoder ? STREAM_LIMIT : BODY_LIMIT
    this.#isEvents = isEvents
    this.#framer = isEvents || isStream ? createFramer(isEvents ? 'sse' : 'json-array', this.#take) : null
  }

  /** What is known before the first byte. */
  get verdict(): Verdict {
    return this.#verdict
  }

  push(bytes: Buffer): Verdict {
    this.parts.push(bytes)
    this.#length += bytes.length
    if (this.#verdict === 'nothing') this.#read(bytes)
    if (this.#verdict === 'nothing' && this.#length > this.#limit) this.#verdict = 'content'
    return this.#verdict
  }

  /** The response has ended properly, as far as HTTP goes. */
  end(): Verdict {
    if (this.#verdict !== 'nothing') return this.#verdict
    if (this.#framer) this.#framer.end()
    else if (this.#length > 0) this.#body = this.parts.length === 1 ? this.parts[0] : Buffer.concat(this.parts)
    if (this.#verdict === 'nothing' && this.#body) this.#judge(asBuffer(this.#body))
    else if (this.#verdict === 'nothing' && this.#decoder) this.#look(this.#decoder.end())
    if (this.#verdict === 'nothing')
      this.#verdict = { kind: 'cut', message: 'ended its answer without saying anything' }
    return this.#verdict
  }

  #read(bytes: Buffer): void {
    if (!this.#isEvents) return this.#framer?.push(bytes)
    // Line by line: an answer often comes all at once, and what follows its first words need not be read.
    for (let at = 0, end = 0; at < bytes.length && this.#verdict === 'nothing'; at = end) {
      end = bytes.indexOf(LINE_FEED, at) + 1 || bytes.length
      this.#framer?.push(bytes.subarray(at, end))
    }
  }

  readonly #take = (chunk: Chunk): void => {
    if (this.#verdict !== 'nothing') return
    if (chunk.kind === 'body') this.#body = chunk.raw
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

  /** Some servers send their errors with status 200. Most answers do not even hold the word, and are glanced at. */
  #judge(bytes: Buffer): void {
    if (isObjectAtAGlance(bytes) && !bytes.includes(ERROR_KEY)) {
      this.#verdict = 'content'
      return
    }
    const scan = scanFields(bytes, ['error'])
    const error = scan.ok ? scan.ranges[0] : undefined
    if (!scan.ok) this.#verdict = { kind: 'protocol', message: 'answered with something that is not JSON' }
    else this.#verdict = (error && isTold(bytes, error) && this.#errorIn(bytes)) || 'content'
  }

  #errorIn(bytes: Buffer): Told | undefined {
    const { codec } = this.#dialect
    const body = parsed(bytes)
    if (!codec || !isObject(body) || !codec.readResponse(body).choices.every(isEmpty)) return undefined
    // Its head says that all is well, and nothing of the error.
    return told(codec.readError(body))
  }
}

/** Whether the value of a key called error tells of one: an object does, and a text that is not empty. */
function isTold(bytes: Buffer, { start, end }: FieldRange): boolean {
  return bytes[start] === BRACE || (bytes[start] === QUOTE && end - start > 2)
}

/** Whether bytes begin and end as a JSON object does. */
function isObjectAtAGlance(bytes: Buffer): boolean {
  let end = bytes.length - 1
  while (isSpace(bytes[end])) end--
  return bytes[skipSpace(bytes, 0)] === BRACE && bytes[end] === CLOSING_BRACE
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

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return undefined
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
