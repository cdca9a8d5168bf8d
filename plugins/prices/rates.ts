import type { ChargedTokens, CostRecord } from 'lunaroute/sessions'

/** USD for a million tokens: one price, or others from more than so many tokens of input on, in rising order. */
export type Rate =
  | number
  | { readonly base: number; readonly tiers: readonly { readonly start: number; readonly price: number }[] }

/** What a model's tokens cost. Kinds without a rate of their own cost what the kind does that they are part of. */
export interface Rates {
  readonly input?: Rate | undefined
  readonly output?: Rate | undefined
  readonly cacheRead?: Rate | undefined
  readonly cacheWrite?: Rate | undefined
  /** Of what is to stay for an hour. */
  readonly cacheWrite1h?: Rate | undefined
  readonly reasoning?: Rate | undefined
  readonly audioInput?: Rate | undefined
  readonly audioOutput?: Rate | undefined
  /** USD for each request. */
  readonly request?: number | undefined
}

/** Undefined where tokens were used of a kind without a price. A whole request has the price of its tier. */
export function costOf(provider: string, model: string, rates: Rates, tokens: ChargedTokens): CostRecord | undefined {
  const { input_tokens, cache_read_tokens, cache_creation_tokens, audio_input_tokens } = tokens
  const size = input_tokens + cache_read_tokens + cache_creation_tokens + audio_input_tokens
  const { input, output } = rates
  const price = (count: number, ...possible: readonly (Rate | undefined)[]): number => {
    if (count === 0) return 0
    const rate = possible.find(each => each !== undefined)
    return rate === undefined ? Number.NaN : (count * at(rate, size)) / 1_000_000
  }
  const lasting = Math.min(tokens.cache_creation_1h_tokens ?? 0, cache_creation_tokens)
  const thoughts = tokens.thinking_tokens + tokens.reasoning_tokens
  const inputCost = price(input_tokens, input) + price(audio_input_tokens, rates.audioInput, input)
  const outputCost =
    price(tokens.output_tokens, output) +
    price(thoughts, rates.reasoning, output) +
    price(tokens.audio_output_tokens, rates.audioOutput, output)
  const costs = {
    input_cost_usd: inputCost + (rates.request ?? 0),
    output_cost_usd: outputCost,
    cache_read_cost_usd: price(cache_read_tokens, rates.cacheRead, input),
    cache_creation_cost_usd:
      price(cache_creation_tokens - lasting, rates.cacheWrite, input) +
      price(lasting, rates.cacheWrite1h, rates.cacheWrite, input),
  }
  const total = Object.values(costs).reduce((sum, cost) => sum + cost, 0)
  return Number.isNaN(total) ? undefined : { provider, model, ...costs, total_cost_usd: total }
}

function at(rate: Rate, size: number): number {
  if (typeof rate === 'number') return rate
  return rate.tiers.findLast(({ start }) => size > start)?.price ?? rate.base
}
