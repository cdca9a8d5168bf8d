import { Accumulator } from '../body/accumulator.ts'
import type { Dialect } from '../dialect.ts'
import { GatewayError } from '../errors.ts'
import type { ResponseHead } from '../exchange.ts'
import type { ServedExchange } from './exchange.ts'
import type { Output } from './output.ts'

/** Of a refusal's body no more than this is read for its reason. */
const LIMIT = 64 * 1024

/** A provider's refusal, when the client has been told to wait and its stream has begun: it becomes the stream's error. */
export class LateRefusal implements Output {
  readonly #exchange: ServedExchange
  readonly #dialect: Dialect
  readonly #provider: string
  readonly #head: ResponseHead
  readonly #body = new Accumulator()

  /** Whether a response cannot follow what the client was sent: a refusal, or something that is no stream. */
  static fits(head: ResponseHead, isTranslated: boolean): boolean {
    if (head.status >= 400) return true
    const type = head.get('content-type') ?? ''
    return !isTranslated && !/^(?:text\/event-stream|application\/(?:[\w.-]+\+)?json)\b/.test(type)
  }

  /** `dialect` is the provider's. */
  constructor(exchange: ServedExchange, provider: string, dialect: Dialect, head: ResponseHead) {
    this.#exchange = exchange
    this.#provider = provider
    this.#dialect = dialect
    this.#head = head
  }

  push(chunk: Buffer): boolean {
    if (this.#body.length + chunk.length <= LIMIT) this.#body.append(chunk)
    return true
  }

  end(): void {
    const { status } = this.#head
    if (status < 400) {
      const message = `the provider "${this.#provider}" did not answer with a stream`
      return this.#exchange.fail(new GatewayError('LR_UPSTREAM_PROTOCOL', 502, message))
    }
    const text = this.#body.take().toString()
    const said = this.#dialect.codec?.readError(parsed(text), this.#head).message
    const message = said || `the provider "${this.#provider}" answered with status ${status}`
    this.#exchange.fail(new GatewayError('LR_UPSTREAM_ERROR', status, message))
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
