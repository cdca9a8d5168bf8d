import type { Dialect } from '../dialect.ts'
import type { Attempt, ResponseHead } from '../exchange.ts'
import { retryAfter } from '../retry-after.ts'
import { errorBody } from './error-body.ts'

/** More than this no refusal takes to say when to come again. */
const LIMIT = 64 * 1024

/**
 * A refusal that is kept back until its body has come, as it may say when the provider can be asked again: Gemini does so
 * there (google.rpc.RetryInfo) and in no header.
 */
export class HeldRefusal {
  /** How long its body is waited for, in milliseconds. */
  static readonly patience = 1000
  readonly parts: Buffer[] = []
  readonly #dialect: Dialect
  readonly #head: ResponseHead
  #length = 0

  /** Whether a refusal's body may say what its head does not, to somebody who would heed it. */
  static fits({ hold, retry }: Attempt, head: ResponseHead): boolean {
    if (head.status !== 429 && head.status !== 503) return false
    return (hold !== undefined || retry?.wait !== undefined) && retryAfter(head) === undefined
  }

  constructor(dialect: Dialect, head: ResponseHead) {
    this.#dialect = dialect
    this.#head = head
  }

  /** Whether to wait for more. */
  push(bytes: Buffer): boolean {
    this.parts.push(bytes)
    this.#length += bytes.length
    return this.#length <= LIMIT
  }

  /** The head, with what the body says added to it. */
  head(): ResponseHead {
    const milliseconds = this.#dialect.codec?.readError(errorBody(Buffer.concat(this.parts)), this.#head).retryAfter
    return milliseconds === undefined ? this.#head : new ToldHead(this.#head, milliseconds)
  }
}

/** A head, for those who decide about the next attempt, with the milliseconds that the body asks them to wait. */
export class ToldHead implements ResponseHead {
  readonly #head: ResponseHead
  readonly #told: ReadonlyMap<string, string>

  constructor(head: ResponseHead, milliseconds: number) {
    this.#head = head
    this.#told = new Map([
      ['retry-after-ms', String(milliseconds)],
      ['retry-after', String(Math.ceil(milliseconds / 1000))],
    ])
  }

  get status(): number {
    return this.#head.status
  }

  get(name: string): string | undefined {
    return this.#told.get(name) ?? this.#head.get(name)
  }

  names(): readonly string[] {
    return [...new Set([...this.#head.names(), ...this.#told.keys()])]
  }
}
