import { Accumulator } from '../body/accumulator.ts'
import type { Endpoint } from '../dialect.ts'
import { GatewayError } from '../errors.ts'
import type { ResponseHead } from '../exchange.ts'
import { type Sending, spokenWith } from './attempt.ts'
import { errorBody } from './error-body.ts'
import type { Output } from './output.ts'
import { withoutSecrets } from './secrets.ts'

/** Of a refusal's body no more than this is read for its reason. */
const LIMIT = 64 * 1024

const FORMS = { sse: /^text\/event-stream\b/, 'json-array': /^application\/(?:[\w.-]+\+)?json\b/ }

/** A provider's refusal, when the client has been told to wait and its stream has begun: it becomes the stream's error. */
export class LateRefusal implements Output {
  readonly #sending: Sending
  readonly #head: ResponseHead
  readonly #body = new Accumulator()

  /**
   * Whether a response cannot follow what the client was sent: a refusal, a coded one, or something that is not the stream
   * that this endpoint has. Null for one that is translated.
   */
  static fits(head: ResponseHead, endpoint: Endpoint | null): boolean {
    if (head.status >= 400) return true
    if (endpoint === null) return head.status >= 300
    if ((head.get('content-encoding') ?? 'identity').toLowerCase() !== 'identity') return true
    const type = (head.get('content-type') ?? '').toLowerCase()
    return !FORMS[endpoint.stream ?? 'sse'].test(type)
  }

  constructor(sending: Sending, head: ResponseHead) {
    this.#sending = sending
    this.#head = head
  }

  push(chunk: Buffer): boolean {
    if (this.#body.length + chunk.length <= LIMIT) this.#body.append(chunk)
    return true
  }

  end(): void {
    const { exchange, provider } = this.#sending
    const { status } = this.#head
    if (status < 400) {
      const message = `the provider "${provider.name}" did not answer with a stream that can be passed on`
      return exchange.fail(new GatewayError('LR_UPSTREAM_PROTOCOL', 502, message))
    }
    const body = errorBody(this.#body.take())
    const said = spokenWith(provider, exchange).codec?.readError(body, this.#head).message
    const message = said || `the provider "${provider.name}" answered with status ${status}`
    exchange.fail(new GatewayError('LR_UPSTREAM_ERROR', status, withoutSecrets(message, provider, exchange)))
  }
}
