import { defineService } from '../service.ts'
import type { CostRecord, TokenCounts } from './events.ts'

/** Tokens as they are charged. */
export interface ChargedTokens extends TokenCounts {
  /** Those of `cache_creation_tokens` that stay for an hour, where that is told: they cost more than others. */
  readonly cache_creation_1h_tokens?: number
}

/** Knows what tokens cost. */
export interface PriceList {
  /** The cost of one answer in USD; undefined for a model without a known price, which is never the same as nothing. */
  cost(provider: string, model: string, tokens: ChargedTokens, at: Date): CostRecord | undefined
}

/** For worker threads: a module that exports `createPriceList(options): PriceList`, and options that can be cloned. */
export interface PriceListOffer {
  readonly list: PriceList
  readonly module: string
  readonly options: unknown
}

export const priceService = defineService<PriceListOffer>('price list')
