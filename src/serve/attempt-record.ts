import type { Attempt, AttemptOutcome, ResponseHead, StartedAttempt } from '../exchange.ts'
import type { LlmRequest } from '../request.ts'
import { endToEnd, responseHeaders } from '../upstream/headers.ts'
import type { Outgoing, Sending } from './attempt.ts'
import { ListedHead } from './respond.ts'

/** A provider's response head, read when it is asked for. */
export class RawHead implements ResponseHead {
  readonly status: number
  readonly #raw: readonly Buffer[]
  #listed: ListedHead | undefined

  constructor(status: number, raw: readonly Buffer[]) {
    this.status = status
    this.#raw = raw
  }

  get(name: string): string | undefined {
    // Most that ask, ask for one or two: those are found without writing out the others.
    return this.#listed ? this.#listed.get(name) : endToEnd(this.#raw, name)
  }

  names(): readonly string[] {
    return this.#list.names()
  }

  get #list(): ListedHead {
    this.#listed ??= new ListedHead(this.status, responseHeaders(this.#raw, false).list)
    return this.#listed
  }
}

/** An attempt on its way. The model is looked up when asked for: for the client's own that means scanning the body. */
export class Started implements StartedAttempt {
  readonly provider: string
  readonly number: number
  readonly key: number | undefined
  readonly #planned: Attempt
  readonly #model: string | undefined
  readonly #request: LlmRequest | null

  constructor({ exchange, provider, planned }: Sending, { hasProviderKey, model }: Outgoing) {
    this.provider = provider.name
    this.number = exchange.attempts.length + 1
    this.key = hasProviderKey ? (planned.key ?? 0) : undefined
    this.#planned = planned
    this.#model = model
    this.#request = exchange.request
  }

  get model(): string | undefined {
    return this.#model ?? this.#planned.model ?? this.#request?.modelLabel
  }
}

type Ending = Pick<AttemptOutcome, 'startedAt' | 'answeredAt' | 'endedAt' | 'head' | 'toldStatus' | 'failure'>

/** What became of an attempt. */
export class Ended implements AttemptOutcome {
  readonly provider: string
  readonly number: number
  readonly key: number | undefined
  readonly startedAt: number
  readonly answeredAt: number | undefined
  readonly endedAt: number
  readonly failure: AttemptOutcome['failure']
  readonly toldStatus: number | undefined
  readonly head: ResponseHead | undefined
  readonly #started: Started

  constructor(started: Started, { startedAt, answeredAt, endedAt, failure, toldStatus, head }: Ending) {
    this.#started = started
    this.provider = started.provider
    this.number = started.number
    this.key = started.key
    this.startedAt = startedAt
    this.answeredAt = answeredAt
    this.endedAt = endedAt
    this.failure = failure
    this.toldStatus = toldStatus
    this.head = head
  }

  get model(): string | undefined {
    return this.#started.model
  }

  get status(): number | undefined {
    return this.head?.status
  }
}
