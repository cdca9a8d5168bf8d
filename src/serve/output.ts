import type { ServerResponse } from 'node:http'
import type { GatewayError } from '../errors.ts'
import type { ServedExchange } from './exchange.ts'
import { FramedOutput, frameKind } from './framed-output.ts'
import { ERROR_SOURCE, errorView, writeHead } from './respond.ts'
import { spent } from './spent-bytes.ts'

/** A provider's response head as it arrived. */
export interface Arrived {
  readonly status: number
  readonly statusText: string
  readonly raw: readonly Buffer[]
  /** Lets the body flow again. */
  readonly resume: () => void
  readonly headers: (raw: readonly Buffer[], isRewritten: boolean) => { list: string[]; length: number | undefined }
}

/** Where a response's bytes go. `push` returns false when the client is slower than the provider. */
export interface Output {
  push(chunk: Buffer): boolean
  /** Hands on what is held back, before the response is cut. */
  flush?(): void
  end(trailers: readonly Buffer[]): void
}

/**
 * Raw bytes straight through, unless a plugin taps the chunks of this response. `isWatched`: its plan means to tell the
 * client of failures, so a stream that breaks off between two events says so.
 */
export function outputFor(exchange: ServedExchange, arrived: Arrived, isWatched: boolean): Output {
  if (exchange.generation.hooks.streamChunk === null || exchange.endpoint === null)
    return new RawOutput(exchange, arrived, isWatched)
  const { list, length } = arrived.headers(arrived.raw, false)
  const kind = frameKind(exchange, arrived.status, list)
  if (kind === null) return new RawOutput(exchange, { ...arrived, headers: () => ({ list, length }) }, isWatched)
  return new FramedOutput(exchange, arrived, kind)
}

/**
 * Bytes as they come. What one read from the provider holds goes out in one write: an answer's events often come many
 * at a time, and a write each would be the larger part of what they cost.
 */
class RawOutput implements Output {
  readonly #exchange: ServedExchange
  readonly #reply: ServerResponse
  readonly #resume: () => void
  /** Pieces of the read that is going on. */
  #pending: Buffer[] = []
  /** The body's length, where the provider said it. */
  readonly #length: number | undefined
  #isScheduled = false
  #isBlocked = false

  /** What was written last. */
  #last: Uint8Array | undefined

  constructor(exchange: ServedExchange, arrived: Arrived, isWatched: boolean) {
    const { status, statusText, raw, resume, headers } = arrived
    this.#exchange = exchange
    this.#reply = exchange.reply
    this.#resume = resume
    const { list, length } = headers(raw, false)
    this.#length = length
    if (status >= 400) list.push(ERROR_SOURCE, 'upstream')
    writeHead(exchange, status, statusText, list)
    exchange.isStreaming =
      length === undefined && status !== 204 && status !== 304 && exchange.message.method !== 'HEAD'
    if (isWatched && exchange.isStreaming && frameKind(exchange, status, list) === 'sse')
      exchange.breakOff = this.#breakOff
    // A stream's head must not wait for its first event; but if that came in the same read, one write takes both.
    if (exchange.isStreaming) this.#schedule()
  }

  push(chunk: Buffer): boolean {
    const { timings } = this.#exchange
    if (timings.firstByte === 0) timings.firstByte = timings.now
    this.#exchange.responseBytes += chunk.length
    this.#pending.push(chunk)
    // The last piece of a body of known length is followed by `end` at once, which writes it.
    if (!this.#isScheduled && this.#exchange.responseBytes !== this.#length) this.#schedule()
    // The client's pace is known only after the write; until then one more read is taken in at most.
    return !this.#isBlocked
  }

  end(trailers: readonly Buffer[]): void {
    if (trailers.length > 0 && this.#exchange.isStreaming) addTrailers(this.#reply, trailers)
    const rest = this.#take()
    if (rest === null) {
      this.#reply.end()
      return
    }
    this.#reply.end(rest)
    this.#exchange.observers?.responseBytes(rest)
  }

  /** The microtask runs when undici has read through what one read of the socket brought. */
  #schedule(): void {
    this.#isScheduled = true
    queueMicrotask(this.flush)
  }

  readonly flush = (): void => {
    this.#isScheduled = false
    const reply = this.#reply
    if (reply.destroyed || reply.writableEnded) return
    const pieces = this.#pending
    if (pieces.length === 0) {
      reply.flushHeaders()
      return
    }
    this.#pending = []
    if (pieces.length > 1 && pieces[0]!.length + pieces[1]!.length > JOINED) {
      reply.cork()
      for (const piece of pieces) this.#write(piece)
      reply.uncork()
    } else this.#write(joined(pieces))
  }

  #write(bytes: Buffer): void {
    const reply = this.#reply
    this.#last = bytes
    if (!reply.write(bytes) && !this.#isBlocked) {
      this.#isBlocked = true
      reply.once('drain', this.#unblock)
      spent(bytes.length)
    }
    this.#exchange.observers?.responseBytes(bytes)
  }

  /** An event can follow others, but not a piece of one. */
  readonly #breakOff = (error: GatewayError): void => {
    const exchange = this.#exchange
    this.flush()
    if (this.#last !== undefined && isEventEnd(this.#last)) {
      this.#write(Buffer.from(exchange.dialect.errorEvent(errorView(exchange, error), 'sse')))
    }
    exchange.cut()
  }

  readonly #unblock = (): void => {
    this.#isBlocked = false
    this.#resume()
  }

  #take(): Buffer | null {
    const pieces = this.#pending
    if (pieces.length === 0) return null
    this.#pending = []
    return joined(pieces)
  }
}

/** Pieces larger than this together are not worth copying into one: as many bytes to collect again. */
const JOINED = 16 * 1024

function joined(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
}

/** Whether bytes end with the empty line that ends an event. */
function isEventEnd(bytes: Uint8Array): boolean {
  return /(?:\n\n|\r\n\r\n|\r\r)$/.test(Buffer.from(bytes.subarray(-4)).toString('latin1'))
}

function addTrailers(reply: ServerResponse, raw: readonly Buffer[]): void {
  const trailers: [string, string][] = []
  for (let i = 0; i < raw.length; i += 2) trailers.push([raw[i]!.toString('latin1'), raw[i + 1]!.toString('latin1')])
  reply.addTrailers(trailers)
}
