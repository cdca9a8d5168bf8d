import type { Transform } from 'node:stream'
import type { Chunk } from '../chunk.ts'
import type { GatewayError } from '../errors.ts'
import type { OutgoingFrame } from '../neutral/codec.ts'
import type { ResponseTranslation, TranslatedHead } from '../response-translation.ts'
import { createArrayJoiner } from '../sse/array-joiner.ts'
import { createFramer, type Framer } from '../sse/framer.ts'
import { createDecoder } from './content-coding.ts'
import type { ServedExchange } from './exchange.ts'
import { chunkOf, formatFrame } from './frame-chunk.ts'
import type { Arrived, Output } from './output.ts'
import { ERROR_SOURCE, errorView, ListedHead, writeHead } from './respond.ts'
import { spent } from './spent-bytes.ts'

/** How long a provider may leave its connection open after the end of its stream, in milliseconds. */
const GRACE = 2_000
const CLOSING = Buffer.from(']')

/**
 * A response in another dialect than the provider's: its bytes are framed, translated chunk by chunk, passed through
 * `streamChunk` in the client's dialect and written. The head waits for the first frame, so that a failure before it
 * still has its status.
 */
export class TranslatedOutput implements Output {
  readonly #exchange: ServedExchange
  readonly #resume: () => void
  readonly #translation: ResponseTranslation
  readonly #head: TranslatedHead
  readonly #framer: Framer
  readonly #decoder: Transform | null
  #joined: ((chunk: Chunk) => Uint8Array) | null = null
  /** What has been made and not written: one write for each piece of the provider's body. */
  #pending: Uint8Array[] = []
  #text = ''
  #hasBegun = false
  #isFlowing = true
  #isOver = false
  #timer: NodeJS.Timeout | undefined
  #silence: NodeJS.Timeout | undefined

  constructor(exchange: ServedExchange, { status, raw, resume, headers }: Arrived, translation: ResponseTranslation) {
    this.#exchange = exchange
    this.#resume = resume
    this.#translation = translation
    const arrived = new ListedHead(status, headers(raw, true).list)
    this.#head = translation.start(arrived)
    this.#framer = createFramer(this.#head.from, chunk => this.#take(translation.chunk(chunk)))
    this.#decoder = this.#createDecoder(arrived.get('content-encoding'))
    exchange.breakOff = this.#breakOff
    // The client has been told to wait: the status is out, and what goes wrong is said in the stream.
    if (exchange.reply.headersSent) translation.keepAlive?.()
    const { keepAliveAfter = 0 } = translation
    if (this.#head.to !== 'body' && keepAliveAfter > 0) {
      this.#silence = setTimeout(this.#breakSilence, keepAliveAfter).unref()
    }
  }

  push(bytes: Buffer): boolean {
    if (this.#isOver) return true
    this.#isFlowing = true
    if (this.#decoder) this.#isFlowing = this.#decoder.write(bytes)
    else this.#read(bytes)
    if (!this.#isFlowing) (this.#decoder ?? this.#exchange.reply).once('drain', this.#resume)
    return this.#isFlowing
  }

  end(): void {
    if (this.#decoder) this.#decoder.end()
    else this.#finish()
  }

  #read(bytes: Buffer): void {
    this.#framer.push(bytes)
    const { isComplete, isCutShort } = this.#translation
    if (isComplete) this.#timer ??= setTimeout(this.#finish, isCutShort ? 0 : GRACE).unref()
    else if (this.#timer) {
      clearTimeout(this.#timer)
      this.#timer = undefined
    }
    if (this.#hasBegun) this.#flush()
  }

  readonly #finish = (): void => {
    if (this.#isOver) return
    this.#framer.end()
    this.#take(this.#translation.end())
    this.#close()
  }

  /** A client that is told nothing for long takes the connection for dead. One that does not read needs no telling. */
  readonly #breakSilence = (): void => {
    const { reply, isOver } = this.#exchange
    if (this.#isOver || isOver || this.#translation.isComplete) return
    try {
      if (!reply.writableNeedDrain) {
        this.#take(this.#translation.keepAlive?.() ?? [])
        this.#flush()
      }
      this.#silence?.refresh()
    } catch (error) {
      this.#exchange.fail(error)
    }
  }

  /** The client's stream ends with what its dialect says of the failure. A head that was not sent is not sent here. */
  readonly #breakOff = (error: GatewayError): void => {
    if (this.#isOver || this.#head.to === 'body') return this.#exchange.cut()
    try {
      this.#take(this.#translation.fail(errorView(this.#exchange, error)))
      this.#close()
    } catch {
      this.#exchange.cut()
    }
  }

  #close(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    clearTimeout(this.#silence)
    const exchange = this.#exchange
    exchange.breakOff = null
    if (!this.#hasBegun) this.#begin()
    if (this.#joined) this.#pending.push(this.#joined(chunkOf(CLOSING, 'json-array')))
    this.#flush()
    exchange.reply.end()
  }

  #take(frames: readonly OutgoingFrame[]): void {
    const exchange = this.#exchange
    const { failure } = this.#translation
    if (failure) exchange.error ??= failure
    if (frames.length === 0 || this.#isOver) return
    const { to } = this.#head
    if (!this.#hasBegun && to !== 'body') this.#begin()
    const { streamChunk } = exchange.generation.hooks
    for (const frame of frames) {
      if (streamChunk === null && to === 'sse') this.#text += formatFrame(frame)
      else {
        const chunk = chunkOf(frame, to)
        const result = streamChunk?.call(chunk, exchange) ?? chunk
        if (!Array.isArray(result)) this.#out(result as Chunk)
        else for (const each of result as readonly Chunk[]) this.#out(each)
      }
    }
  }

  #out(chunk: Chunk): void {
    this.#pending.push(this.#joined ? this.#joined(chunk) : chunk.raw)
  }

  #begin(): void {
    this.#hasBegun = true
    const exchange = this.#exchange
    const { status, headers, to } = this.#head
    const list = Object.entries(headers).flat()
    exchange.isStreaming = to !== 'body'
    if (to === 'json-array') this.#joined = createArrayJoiner()
    if (to === 'body') list.push('content-length', String(this.#pending.reduce((sum, each) => sum + each.length, 0)))
    if (status >= 400) list.push(ERROR_SOURCE, 'upstream')
    writeHead(exchange, status, '', list)
  }

  #flush(): void {
    const exchange = this.#exchange
    if (this.#text !== '') this.#pending.push(Buffer.from(this.#text))
    this.#text = ''
    const [first, ...rest] = this.#pending
    if (first === undefined) return
    const bytes = rest.length === 0 ? first : Buffer.concat(this.#pending)
    this.#pending = []
    if (bytes.length === 0 || exchange.reply.destroyed) return
    if (exchange.timings.firstByte === 0) exchange.timings.firstByte = exchange.timings.now
    exchange.responseBytes += bytes.length
    this.#silence?.refresh()
    if (!exchange.reply.write(bytes)) {
      this.#isFlowing = false
      spent(bytes.length)
    }
    exchange.observers?.responseBytes(bytes)
  }

  /** For a provider that codes its answer although it was asked for a plain one. */
  #createDecoder(coding: string | undefined): Transform | null {
    if (coding === undefined || coding.toLowerCase() === 'identity') return null
    const guarded = (step: () => void): void => {
      try {
        step()
      } catch (error) {
        this.#exchange.fail(error)
      }
    }
    const decoder = createDecoder(coding, error => this.#exchange.fail(error))
    decoder.on('data', (bytes: Buffer) => guarded(() => this.#read(bytes)))
    decoder.on('end', () => guarded(this.#finish))
    return decoder
  }
}
