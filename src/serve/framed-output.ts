import type { Transform } from 'node:stream'
import type { Chunk } from '../chunk.ts'
import type { GatewayError } from '../errors.ts'
import { createArrayJoiner } from '../sse/array-joiner.ts'
import { createFramer, type Framer } from '../sse/framer.ts'
import { createDecoder } from './content-coding.ts'
import type { ServedExchange } from './exchange.ts'
import type { Arrived, Output } from './output.ts'
import { ERROR_SOURCE, errorView, ListedHead, writeHead } from './respond.ts'
import { spent } from './spent-bytes.ts'

type FrameKind = 'sse' | 'json-array' | 'body'

/** How a response divides into chunks; null for one that has none, such as audio. */
export function frameKind(exchange: ServedExchange, status: number, headers: readonly string[]): FrameKind | null {
  const type = new ListedHead(status, headers).get('content-type') ?? ''
  if (type.startsWith('text/event-stream')) return 'sse'
  if (!/^application\/(?:[\w.-]+\+)?json\b/.test(type)) return null
  return exchange.endpoint?.stream === 'json-array' && status < 400 ? 'json-array' : 'body'
}

/** A response taken apart into chunks, each passed through `streamChunk`, and put together again. */
export class FramedOutput implements Output {
  readonly #exchange: ServedExchange
  readonly #arrived: Arrived
  readonly #headers: string[]
  readonly #framer: Framer
  readonly #decoder: Transform | null
  readonly #isWhole: boolean
  readonly #bytesOf: (chunk: Chunk) => Uint8Array
  readonly #body: Uint8Array[] = []
  #isFlowing = true
  #hasBegun = false

  constructor(exchange: ServedExchange, arrived: Arrived, kind: FrameKind) {
    this.#exchange = exchange
    this.#arrived = arrived
    this.#isWhole = kind === 'body'
    this.#bytesOf = kind === 'json-array' ? createArrayJoiner() : chunk => chunk.raw
    this.#headers = arrived.headers(arrived.raw, true).list
    if (arrived.status >= 400) this.#headers.push(ERROR_SOURCE, 'upstream')
    this.#framer = createFramer(kind, chunk => this.#chunk(chunk))
    this.#decoder = this.#createDecoder()
    exchange.isStreaming = !this.#isWhole
    if (this.#isWhole) return
    const form = kind === 'json-array' ? 'json-array' : 'sse'
    exchange.breakOff = error => this.#breakOff(error, form)
    this.#writeHead()
    exchange.reply.flushHeaders()
  }

  push(bytes: Buffer): boolean {
    this.#isFlowing = true
    if (this.#decoder) this.#isFlowing = this.#decoder.write(bytes)
    else this.#framer.push(bytes)
    if (!this.#isFlowing) (this.#decoder ?? this.#exchange.reply).once('drain', this.#arrived.resume)
    return this.#isFlowing
  }

  /** What has gone out is whole frames, so the stream can say what befell it before it is cut. */
  #breakOff(error: GatewayError, form: 'sse' | 'json-array'): void {
    const exchange = this.#exchange
    if (!exchange.reply.writableEnded)
      exchange.reply.write(exchange.dialect.errorEvent(errorView(exchange, error), form))
    exchange.cut()
  }

  end(): void {
    if (this.#decoder) this.#decoder.end()
    else this.#finish()
  }

  #finish(): void {
    this.#framer.end()
    const { reply } = this.#exchange
    if (this.#isWhole) {
      const body = Buffer.concat(this.#body)
      this.#headers.push('content-length', String(body.length))
      this.#writeHead()
      if (this.#exchange.message.method !== 'HEAD') this.#write(body)
    }
    reply.end()
  }

  #chunk(chunk: Chunk): void {
    const exchange = this.#exchange
    const result = exchange.generation.hooks.streamChunk!.call(chunk, exchange) ?? chunk
    if (!Array.isArray(result)) this.#out(result as Chunk)
    else for (const each of result as readonly Chunk[]) this.#out(each)
  }

  #out(chunk: Chunk): void {
    if (this.#isWhole) this.#body.push(chunk.raw)
    else this.#write(this.#bytesOf(chunk))
  }

  #write(bytes: Uint8Array): void {
    const exchange = this.#exchange
    if (bytes.length === 0 || exchange.reply.destroyed) return
    if (!this.#hasBegun) {
      this.#hasBegun = true
      exchange.timings.firstByte = exchange.timings.now
    }
    exchange.responseBytes += bytes.length
    if (!exchange.reply.write(bytes)) {
      this.#isFlowing = false
      spent(bytes.length)
    }
    exchange.observers?.responseBytes(bytes)
  }

  #writeHead(): void {
    writeHead(this.#exchange, this.#arrived.status, this.#arrived.statusText, this.#headers)
  }

  /** For a provider that codes its answer although it was asked for a plain one. */
  #createDecoder(): Transform | null {
    const at = this.#headers.findIndex((each, i) => i % 2 === 0 && each.toLowerCase() === 'content-encoding')
    if (at < 0) return null
    const [, coding = ''] = this.#headers.splice(at, 2)
    if (coding.toLowerCase() === 'identity') return null
    const decoder = createDecoder(coding, cause => this.#exchange.fail(cause))
    const guarded = (step: () => void) => () => {
      try {
        step()
      } catch (error) {
        this.#exchange.fail(error)
      }
    }
    const { reply } = this.#exchange
    decoder.on('data', (bytes: Buffer) => {
      guarded(() => this.#framer.push(bytes))()
      if (!reply.writableNeedDrain) return
      decoder.pause()
      reply.once('drain', () => decoder.resume())
    })
    decoder.on(
      'end',
      guarded(() => this.#finish()),
    )
    return decoder
  }
}
