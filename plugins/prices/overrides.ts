import { ModelPatterns } from 'lunaroute'
import type { Price } from './options.ts'
import type { Rate, Rates } from './rates.ts'

/** Configured prices, by a model's name or pattern, or by that behind `<provider>/`. */
export class Overrides {
  readonly #scoped: ReadonlyMap<string, ModelPatterns<Rates>>
  readonly #general: ModelPatterns<Rates>

  constructor(prices: Readonly<Record<string, Price>>, providers: readonly string[]) {
    const entries = Object.entries(prices).map(([name, price]) => [name, ratesOf(price)] as const)
    const scoped = providers.map(provider => {
      const own = entries.flatMap(([name, rates]) =>
        name.startsWith(`${provider}/`) ? [[name.slice(provider.length + 1), rates] as const] : [],
      )
      return [provider, new ModelPatterns(own)] as const
    })
    this.#scoped = new Map(scoped)
    this.#general = new ModelPatterns(entries)
  }

  find(provider: string, model: string): Rates | undefined {
    return this.#scoped.get(provider)?.find(model) ?? this.#general.find(model)
  }
}

const KINDS = {
  input: 'input',
  output: 'output',
  cacheRead: 'cache_read',
  cacheWrite: 'cache_write',
  cacheWrite1h: 'cache_write_1h',
  reasoning: 'reasoning',
  audioInput: 'audio_input',
  audioOutput: 'audio_output',
} as const satisfies Partial<Record<keyof Rates, keyof Price>>

function ratesOf(price: Price): Rates {
  return Object.fromEntries(Object.entries(KINDS).map(([kind, key]) => [kind, rateOf(price, key)]))
}

function rateOf({ above = [], ...base }: Price, key: Kind): Rate | undefined {
  const tiers = [...above].sort((a, b) => a.tokens - b.tokens)
  // A kind without any price of its own costs what the kind does that it is part of.
  if ([base, ...tiers].every(each => each[key] === undefined)) return undefined
  const whole = PARTS[key]
  const usual = base[key] ?? (whole && base[whole]) ?? 0
  if (tiers.length === 0) return usual
  const price = (tier: Tier) => tier[key] ?? base[key] ?? (whole && tier[whole]) ?? usual
  return { base: usual, tiers: tiers.map(tier => ({ start: tier.tokens, price: price(tier) })) }
}

type Kind = (typeof KINDS)[keyof typeof KINDS]
type Tier = NonNullable<Price['above']>[number]

/** What a kind is part of. */
const PARTS: Readonly<Partial<Record<Kind, 'input' | 'output'>>> = {
  cache_read: 'input',
  cache_write: 'input',
  cache_write_1h: 'input',
  audio_input: 'input',
  reasoning: 'output',
  audio_output: 'output',
}
