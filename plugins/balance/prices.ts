import type { PriceList } from 'lunaroute/sessions'
import type { Target } from './target.ts'

/** Prices change rarely; a list is asked again after so many milliseconds. */
const KEPT = 60_000
const MAX_KEPT = 1000

/** What is compared: three tokens in for one out, which is what chats and most batches come to. */
const SAMPLE = {
  input_tokens: 750_000,
  output_tokens: 250_000,
  thinking_tokens: 0,
  reasoning_tokens: 0,
  cache_read_tokens: 0,
  cache_creation_tokens: 0,
  audio_input_tokens: 0,
  audio_output_tokens: 0,
}

/** What targets cost: as the config says, else by the price list that some plugin offers. */
export class Prices {
  readonly #lists: () => readonly PriceList[]
  readonly #known = new Map<string, { readonly price: number; readonly at: number }>()

  constructor(lists: () => readonly PriceList[]) {
    this.#lists = lists
  }

  /** Those whose price nobody knows come last, in the order given. */
  cheapestFirst(targets: readonly Target[], model: string | undefined): readonly Target[] {
    const priced = targets.map(target => ({ target, price: target.cost ?? this.#price(target, model) }))
    return priced.sort((a, b) => (a.price === b.price ? 0 : a.price - b.price)).map(each => each.target)
  }

  #price({ provider, model: own }: Target, asked: string | undefined): number {
    const model = own ?? asked
    if (model === undefined) return Number.POSITIVE_INFINITY
    const key = `${provider}\n${model}`
    const now = Date.now()
    const known = this.#known.get(key)
    if (known && now - known.at < KEPT) return known.price
    const price = this.#lists()
      .map(each => each.cost(provider, model, SAMPLE, new Date(now))?.total_cost_usd)
      .find(each => each !== undefined)
    if (this.#known.size >= MAX_KEPT) this.#known.clear()
    this.#known.set(key, { price: price ?? Number.POSITIVE_INFINITY, at: now })
    return price ?? Number.POSITIVE_INFINITY
  }
}
