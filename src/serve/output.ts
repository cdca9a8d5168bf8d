import type { ServerResponse } from 'node:http'
import type { ServedExchange } from './exchange.ts'
import { FramedOutput, frameKind } from './framed-output.ts'
import { ERROR_SOURCE, writeHead } from './respond.ts'

/** A provider's response head as it arrived. */
export interface Arrived {
  readonly status: number
  readonly statusText: string
  readonly raw: readonly Buffer[]
  /** Lets the body flow again. */
  readonly resume: () => void
  readonly headers: (raw: readonly Buffer[], isRewritten: boolean) => { list: string[]; hasLength: boolean }
}

/** Where a response's bytes go. `push` returns false when the client is slower than the provider. */
export interface Output {
  push(chunk: Buffer): boolean
  end(trailers: readonly Buffer[]): void
}

/** Raw bytes straight through, unless a plugin taps the chunks of this response. */
export function outputFor(exchange: ServedExchange, arrived: Arrived): Output {
  if (exchange.generation.hooks.streamChunk === null || exchange.endpoint === null)
    return new RawOutput(exchange, arrived)
  const { list, hasLength } = arrived.headers(arrived.raw, false)
  const kind = frameKind(exchange, arrived.status, list)
  if (kind === null) return new RawOutput(exchange, { ...arrived, headers: () => ({ list, hasLength }) })
  return new FramedOutput(exchange, arrived, kind)
}

class RawOutput implements Output {
  readonly #exchange: ServedExchange
  readonly #reply: ServerResponse
  readonly #resume: () => void
  #hasBegun = false

  constructor(exchange: ServedExchange, { status, statusText, raw, resume, headers }: Arrived) {
    this.#exchange = exchange
    this.#reply = exchange.reply
    this.#resume = resume
    const { list, hasLength } = headers(raw, false)
    if (status >= 400) list.push(ERROR_SOURCE, 'upstream')
    writeHead(exchange, status, statusText, list)
    exchange.isStreaming = !hasLength && status !== 204 && status !== 304 && exchange.message.method !== 'HEAD'
    // A stream's head must not wait for its first event; but if that came in the same read, one write takes both.
    if (exchange.isStreaming) queueMicrotask(this.#flush)
  }

  push(chunk: Buffer): boolean {
    const exchange = this.#exchange
    if (!this.#hasBegun) {
      this.#hasBegun = true
      exchange.timings.stamp('firstByte')
    }
    exchange.responseBytes += chunk.length
    const isFlowing = this.#reply.write(chunk)
    exchange.observers?.responseBytes(chunk)
    if (!isFlowing) this.#reply.once('drain', this.#resume)
    return isFlowing
  }

  end(trailers: readonly Buffer[]): void {
    if (trailers.length > 0 && this.#exchange.isStreaming) addTrailers(this.#reply, trailers)
    this.#reply.end()
  }

  readonly #flush = (): void => {
    if (!this.#hasBegun && !this.#reply.destroyed) this.#reply.flushHeaders()
  }
}

function addTrailers(reply: ServerResponse, raw: readonly Buffer[]): void {
  const trailers: [string, string][] = []
  for (let i = 0; i < raw.length; i += 2) trailers.push([raw[i]!.toString('latin1'), raw[i + 1]!.toString('latin1')])
  reply.addTrailers(trailers)
}
