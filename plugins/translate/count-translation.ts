import type { Chunk, Reply, ResponseHead, ResponseTranslation, TranslatedHead } from 'lunaroute'
import { type Codec, isObject, type OutgoingFrame } from 'lunaroute/neutral'
import { type ClientHead, keptHeaders, streamHeaders } from './headers.ts'

const ESTIMATED = { 'x-lunaroute-token-count': 'estimated' }

export interface CountParts {
  readonly client: Codec
  readonly provider: Codec
  readonly estimate: () => number
  readonly headers: () => Readonly<Record<string, string>>
}

/** A count by a provider of another dialect. One that fails is estimated instead: clients plan by it, and retry it for ever. */
export class CountTranslation implements ResponseTranslation {
  isComplete = false
  readonly failure = undefined
  readonly #parts: CountParts
  readonly #head: ClientHead = { from: 'body', to: 'body', status: 200, headers: {} }
  #arrived!: ResponseHead
  #body: unknown

  constructor(parts: CountParts) {
    this.#parts = parts
  }

  start(head: ResponseHead): TranslatedHead {
    this.#arrived = head
    return this.#head
  }

  chunk(chunk: Chunk): readonly OutgoingFrame[] {
    this.#body = chunk.json()
    return []
  }

  end(): readonly OutgoingFrame[] {
    const { client, provider, estimate, headers } = this.#parts
    const isCounted = this.#arrived.status < 400 && isObject(this.#body)
    const counted = isCounted ? provider.readTokenCount?.(this.#body as never) : undefined
    this.isComplete = true
    this.#head.headers = {
      ...keptHeaders(this.#arrived),
      ...streamHeaders('body'),
      ...headers(),
      ...(counted === undefined && ESTIMATED),
    }
    return [{ data: written(client, counted ?? estimate()) }]
  }

  fail(): readonly OutgoingFrame[] {
    return []
  }
}

/** The answer to a count where nobody can count. */
export function countReply(client: Codec, tokens: number, headers: Readonly<Record<string, string>>): Reply {
  return { status: 200, headers: { ...headers, ...ESTIMATED }, body: written(client, tokens) }
}

function written(client: Codec, tokens: number) {
  return client.writeTokenCount?.(tokens) ?? { input_tokens: tokens }
}
