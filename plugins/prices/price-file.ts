import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { Ajv } from 'ajv'
import { ConfigError } from 'lunaroute'
import { isObject, type JsonObject } from 'lunaroute/neutral'
import { type Price, priceSchema } from './options.ts'

/** What a file of prices holds. */
export interface PriceFile {
  readonly prices: Readonly<Record<string, Price>>
  /** How many entries of LiteLLM's list have no price for tokens. */
  readonly skipped: number
}

/**
 * Reads a JSON file of prices: by model, as in the config, or LiteLLM's `model_prices_and_context_window.json`. Throws a
 * ConfigError that names the entry at fault; in a list of LiteLLM's, what is not understood is passed over.
 */
export function readPriceFile(file: string): PriceFile {
  const path = resolve(file.replace(/^~(?=\/)/, homedir()))
  const complain = (message: string, key?: string): never => {
    throw new ConfigError(message, { location: { file: path, ...(key !== undefined && { key }) }, plugin: 'prices' })
  }
  let content: unknown
  try {
    content = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    complain(`the file of prices cannot be read: ${(error as Error).message}`)
  }
  if (!isObject(content)) return complain('the file of prices must hold an object with prices by model')
  const entries = Object.entries(content)
  if (entries.some(([, entry]) => isObject(entry) && LITELLM.input in entry)) return fromLiteLlm(entries)
  const check = new Ajv({ strict: false }).compile<Price>(priceSchema)
  for (const [model, entry] of entries) {
    const [error] = check(entry) ? [] : (check.errors ?? [])
    if (error)
      complain(`the price of "${model}" is not one: ${error.instancePath.slice(1)} ${error.message}`.trim(), model)
  }
  return { prices: content as Readonly<Record<string, Price>>, skipped: 0 }
}

const LITELLM = {
  input: 'input_cost_per_token',
  output: 'output_cost_per_token',
  cache_read: 'cache_read_input_token_cost',
  cache_write: 'cache_creation_input_token_cost',
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
