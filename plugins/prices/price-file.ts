import { Ajv } from 'ajv'
import { type DataFileDefinition, type OptionProblem, Type } from 'lunaroute'
import { isObject, type JsonObject } from 'lunaroute/neutral'
import { type Price, priceSchema } from './options.ts'

/** What a file of prices holds. */
export interface PriceFile {
  readonly prices: Readonly<Record<string, Price>>
  /** How many entries of LiteLLM's list have no price for tokens. */
  readonly skipped: number
}

const contents = Type.Record(Type.String(), Type.Unknown())

/** A file of prices: by model, as in the config, or LiteLLM's `model_prices_and_context_window.json`. */
export function priceFile(file: string, onChange: () => void): DataFileDefinition<typeof contents> {
  return { file, schema: contents, isRequired: true, check: mistakesIn, onChange }
}

/** The prices in a file that has been checked. In a list of LiteLLM's, what is not understood is passed over. */
export function pricesIn(content: JsonObject): PriceFile {
  if (isLiteLlm(content)) return fromLiteLlm(Object.entries(content))
  return { prices: content as Readonly<Record<string, Price>>, skipped: 0 }
}

function mistakesIn(content: JsonObject): readonly OptionProblem[] {
  if (isLiteLlm(content)) return []
  const isPrice = new Ajv({ strict: false }).compile(priceSchema)
  return Object.entries(content).flatMap(([model, entry]) => {
    if (isPrice(entry)) return []
    return (isPrice.errors ?? []).map(({ instancePath, message, params }) => {
      const unknown = params.additionalProperty as string | undefined
      const path = [model, ...instancePath.split('/').slice(1), ...(unknown === undefined ? [] : [unknown])]
      return { path, message: unknown === undefined ? (message ?? 'is no price') : 'is no kind of token' }
    })
  })
}

function isLiteLlm(content: JsonObject): boolean {
  return Object.values(content).some(entry => isObject(entry) && LITELLM.input in entry)
}

const LITELLM = {
  input: 'input_cost_per_token',
  output: 'output_cost_per_token',
  cache_read: 'cache_read_input_token_cost',
  cache_write: 'cache_creation_input_token_cost',
  cache_write_1h: 'cache_creation_input_token_cost_above_1hr',
  reasoning: 'output_cost_per_reasoning_token',
  audio_input: 'input_cost_per_audio_token',
  audio_output: 'output_cost_per_audio_token',
} as const

/** Its prices are for one token, and those of long requests have the length in their names: `..._above_200k_tokens`. */
function fromLiteLlm(entries: readonly (readonly [string, unknown])[]): PriceFile {
  const prices = entries.flatMap(([model, entry]) => {
    const base = isObject(entry) ? kinds(entry, '') : {}
    if (!isObject(entry) || base.input === undefined) return []
    const lengths = new Set(Object.keys(entry).flatMap(key => /_above_(\d+)k_tokens$/.exec(key)?.[1] ?? []))
    const above = [...lengths].map(length => {
      return { tokens: Number(length) * 1000, ...kinds(entry, `_above_${length}k_tokens`) }
    })
    const price = { ...base, output: base.output ?? 0, ...(above.length > 0 && { above }) } as Price
    return [[model, price] as const]
  })
  return { prices: Object.fromEntries(prices), skipped: entries.length - prices.length }
}

function kinds(entry: JsonObject, suffix: string): Partial<Record<keyof typeof LITELLM, number>> {
  const found = Object.entries(LITELLM).flatMap(([kind, key]) => {
    const price = entry[key + suffix]
    return typeof price === 'number' && price >= 0 ? [[kind, perMillion(price)] as const] : []
  })
  return Object.fromEntries(found)
}

/** Without the digits that binary fractions add. */
function perMillion(price: number): number {
  return Number((price * 1_000_000).toPrecision(12))
}
