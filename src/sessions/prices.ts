import { defineService } from '../service.ts'
import type { CostRecord, TokenCounts } from './events.ts'

/** Knows what tokens cost. */
export interface PriceList {
  /** The cost of one answer in USD; undefined for a model without a known price, which is never the same as nothing. */
  cost(provider: string, model: string, tokens: TokenCounts, at: Date): CostRecord | undefined
}

/** For worker threads: a module that exports `createPriceList(options): PriceList`, and options that can be cloned. */
export interface PriceListOffer {
  readonly list: PriceList
  readonly module: string
  readonly options: unknown
}

export const priceService = defineService<PriceListOffer>('price list')
