import { createRequire } from 'node:module'
import type * as GenaiPrices from '@pydantic/genai-prices'
import type { Rate, Rates } from './rates.ts'

type Library = typeof GenaiPrices

/** What is known of one of the gateway's providers. */
export interface KnownProvider {
  readonly baseUrl: string
  readonly dialects: readonly string[]
  /** The catalogue's name for it, where the config says. */
  readonly id?: string | undefined
}

/** Whose models the clients of a dialect usually ask for. */
const MAKERS: Readonly<Record<string, string>> = {
  'openai-chat': 'openai',
  'openai-responses': 'openai',
  'anthropic-messages': 'anthropic',
  gemini: 'google',
}

/** Where to look a model up: in the list of one provider, or of whoever makes models of that name. */
type Place = string | undefined

/** The prices that come with the package `@pydantic/genai-prices`. It is loaded when first asked. */
export class Catalogue {
  readonly #providers: Readonly<Record<string, KnownProvider>>
  readonly #places = new Map<string, readonly Place[]>()
  #loaded: Library | undefined

  constructor(providers: Readonly<Record<string, KnownProvider>>) {
    this.#providers = providers
  }

  /** How to find the prices of a model, which may depend on the time; undefined for an unknown one. */
  find(provider: string, model: string): ((at: Date) => Rates | undefined) | undefined {
    // Gemini's clients name models with their folder.
    const name = model.replace(/^models\//, '')
    for (const [place, asked] of this.#candidates(provider, name)) {
      const found = this.#look(asked, place, new Date())
      if (!found) continue
      if (Array.isArray(found.model.prices)) return at => ratesOf(this.#look(asked, place, at)?.model_price)
      const rates = ratesOf(found.model_price)
      return rates && (() => rates)
    }
    return undefined
  }

  knows(id: string): boolean {
    return this.#library.findProvider({ providerId: id }) !== undefined
  }

  #candidates(provider: string, model: string): readonly (readonly [place: Place, model: string])[] {
    const places = this.#placesOf(provider).map(place => [place, model] as const)
    // Gateways such as this one name models `maker/model`.
    const [, maker, rest] = /^([^/]+)\/(.+)$/.exec(model) ?? []
    return maker && rest && this.knows(maker) ? [...places, [maker, rest]] : places
  }

  #placesOf(provider: string): readonly Place[] {
    const known = this.#places.get(provider)
    if (known) return known
    const places = this.#findPlaces(provider)
    if (provider in this.#providers) this.#places.set(provider, places)
    return places
  }

  #findPlaces(provider: string): readonly Place[] {
    const { id, baseUrl, dialects = [] } = this.#providers[provider] ?? {}
    const { findProvider } = this.#library
    const host = id ?? (baseUrl && findProvider({ providerApiUrl: baseUrl })?.id)
    // Who has a list of its own charges its own prices.
    if (host) return [host]
    return [...dialects.flatMap(dialect => MAKERS[dialect] ?? []), undefined]
  }

  #look(model: string, providerId: Place, timestamp: Date): GenaiPrices.PriceCalculation | null {
    try {
      return this.#library.calcPrice({}, model, { ...(providerId !== undefined && { providerId }), timestamp })
    } catch {
      // A price that the package itself cannot make sense of.
      return null
    }
  }

  get #library(): Library {
    this.#loaded ??= createRequire(import.meta.url)('@pydantic/genai-prices') as Library
    return this.#loaded
  }
}

/** Undefined for a model that is listed without a price for its tokens. */
function ratesOf(prices: GenaiPrices.ModelPrice | undefined): Rates | undefined {
  if (prices?.input_mtok === undefined && prices?.output_mtok === undefined) return undefined
  const rate = (key: string): Rate | undefined => {
    const price = prices[key]
    if (price === undefined || typeof price === 'number') return price
    return { base: price.base, tiers: [...price.tiers].sort((a, b) => a.start - b.start) }
  }
  const request = prices.requests_kcount
  return {
    input: rate('input_mtok'),
    output: rate('output_mtok'),
    cacheRead: rate('cache_read_mtok'),
    cacheWrite: rate('cache_write_mtok'),
    cacheWrite1h: rate('cache_write_1h_mtok'),
    reasoning: rate('output_reasoning_mtok'),
    audioInput: rate('input_audio_mtok'),
    audioOutput: rate('output_audio_mtok'),
    request: typeof request === 'number' ? request / 1000 : undefined,
  }
}
