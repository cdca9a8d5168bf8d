import { LRUCache } from 'lru-cache'
import type { PriceList } from 'lunaroute/sessions'
import { Catalogue, type KnownProvider } from './catalogue.ts'
import type { Price } from './options.ts'
import { Overrides } from './overrides.ts'
import { costOf, type Rates } from './rates.ts'

/** What a list is made from; can be cloned. */
export interface PriceListOptions {
  readonly prices: Readonly<Record<string, Price>>
  readonly providers: Readonly<Record<string, KnownProvider>>
}

/** Clients name models as they like. */
const MAX_MODELS = 5_000

/** Configured prices, and those of the catalogue for everything else. A module for workers exports it by this name. */
export function createPriceList({ prices, providers }: PriceListOptions): PriceList {
  const overrides = new Overrides(prices, Object.keys(providers))
  const catalogue = new Catalogue(providers)
  const found = new LRUCache<string, { readonly rates: ((at: Date) => Rates | undefined) | undefined }>({
    max: MAX_MODELS,
  })
  const find = (provider: string, model: string) => {
    const own = overrides.find(provider, model)
    return { rates: own ? () => own : catalogue.find(provider, model) }
  }
  return {
    cost(provider, model, tokens, at) {
      const key = `${provider}\0${model}`
      let known = found.get(key)
      if (!known) {
        known = find(provider, model)
        found.set(key, known)
      }
      const rates = known.rates?.(at)
      return rates && costOf(provider, model, rates, tokens)
    },
  }
}
