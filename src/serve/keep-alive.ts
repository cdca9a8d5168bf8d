import type { GatewayError } from '../errors.ts'
import type { ServedExchange } from './exchange.ts'
import { errorView, writeHead } from './respond.ts'

const COMMENT = ': keep-alive\n\n'

/**
 * Tells the reader of a stream, while attempts are made, that its answer is still to come. With the first sign the
 * response has begun: what fails from then on is told in the stream.
 */
export class KeepAlive {
  readonly #exchange: ServedExchange
  readonly #timer: NodeJS.Timeout
  readonly #form: 'sse' | 'json-array'

  constructor(exchange: ServedExchange, after: number) {
    this.#exchange = exchange
    this.#form = exchange.endpoint?.stream ?? 'sse'
    this.#timer = setInterval(this.#sign, after).unref()
  }

  /** The answer has come, or will not. */
  stop(): void {
    clearInterval(this.#timer)
    this.#exchange.keepAlive = null
  }

  readonly #sign = (): void => {
    const exchange = this.#exchange
    const { reply, dialect } = exchange
    if (exchange.isOver) return this.stop()
    if (!reply.headersSent) this.#begin()
    if (reply.writableNeedDrain) return
    const bytes = Buffer.from(this.#form === 'sse' ? (dialect.keepAlive ?? COMMENT) : '\n')
    exchange.responseBytes += bytes.length
    reply.write(bytes)
    exchange.observers?.responseBytes(bytes)
  }

  #begin(): void {
    const exchange = this.#exchange
    const type = this.#form === 'sse' ? 'text/event-stream; charset=utf-8' : 'application/json'
    writeHead(exchange, 200, '', ['content-type', type, 'cache-control', 'no-cache'])
    exchange.isStreaming = true
    exchange.breakOff = this.#breakOff
  }

  readonly #breakOff = (error: GatewayError): void => {
    const exchange = this.#exchange
    this.stop()
    const text = exchange.dialect.errorEvent(errorView(exchange, error), this.#form)
    // In an array the error is the first element, and not one more.
    const bytes = Buffer.from(this.#form === 'sse' ? text : text.replace(/^,/, '['))
    exchange.responseBytes += bytes.length
    exchange.reply.end(bytes)
    exchange.observers?.responseBytes(bytes)
  }
}
