import { calcPrice, findProvider, type Usage } from '@pydantic/genai-prices'
import fc from 'fast-check'
import type { ChargedTokens, TokenCounts } from 'lunaroute/sessions'
import { describe, expect, it } from 'vitest'
import { createPriceList, type PriceListOptions } from './price-list.ts'

const NOW = new Date('2026-11-01T12:00:00Z')
const NONE: TokenCounts = {
  input_tokens: 0,
  output_tokens: 0,
  thinking_tokens: 0,
  reasoning_tokens: 0,
  cache_read_tokens: 0,
  cache_creation_tokens: 0,
  audio_input_tokens: 0,
  audio_output_tokens: 0,
}
const KINDS = Object.keys(NONE) as readonly (keyof TokenCounts)[]
const HOSTS = {
  openai: { baseUrl: 'https://api.openai.com/v1', dialects: ['openai-chat', 'openai-responses'] },
  anthropic: { baseUrl: 'https://api.anthropic.com', dialects: ['anthropic-messages'] },
  gemini: { baseUrl: 'https://generativelanguage.googleapis.com', dialects: ['gemini'] },
  groq: { baseUrl: 'https://api.groq.com/openai/v1', dialects: ['openai-chat'] },
  deepseek: { baseUrl: 'https://api.deepseek.com', dialects: ['openai-chat'] },
  mistral: { baseUrl: 'https://api.mistral.ai/v1', dialects: ['openai-chat'] },
  perplexity: { baseUrl: 'https://api.perplexity.ai', dialects: ['openai-chat'] },
  inhouse: { baseUrl: 'http://10.0.0.7:8000/v1', dialects: ['openai-chat'] },
  mapped: { baseUrl: 'http://10.0.0.8/v1', dialects: ['openai-chat'], id: 'groq' },
}
const listOf = (given: Partial<PriceListOptions> = {}) => createPriceList({ prices: {}, providers: HOSTS, ...given })
const total = (provider: string, model: string, tokens: Partial<ChargedTokens>, at = NOW) =>
  listOf().cost(provider, model, { ...NONE, ...tokens }, at)?.total_cost_usd

describe('a known price, worked out by hand', () => {
  it.each<[what: string, provider: string, model: string, tokens: Partial<ChargedTokens>, usd: number]>([
    [
      'OpenAI: 1000 x 1.25 + 2000 cached x 0.125 + (300 + 200 of reasoning) x 10',
      ...(['openai', 'gpt-5'] as const),
      { input_tokens: 1000, cache_read_tokens: 2000, output_tokens: 300, reasoning_tokens: 200 },
      0.0065,
    ],
    [
      'Anthropic: 100 x 3 + 4735 written x 3.75 + 1000 read x 0.3 + 255 x 15',
      ...(['anthropic', 'claude-sonnet-4-5'] as const),
      { input_tokens: 100, cache_creation_tokens: 4735, cache_read_tokens: 1000, output_tokens: 255 },
      0.02218125,
    ],
    [
      'Anthropic, kept for an hour: (4735 - 4000) written x 3.75 + 4000 x 6',
      ...(['anthropic', 'claude-sonnet-4-5'] as const),
      { cache_creation_tokens: 4735, cache_creation_1h_tokens: 4000 },
      0.02675625,
    ],
    [
      'Anthropic, long: 150000 x 6 + 100000 read x 0.6 + 1000 x 22.5',
      ...(['anthropic', 'claude-sonnet-4-5'] as const),
      { input_tokens: 150_000, cache_read_tokens: 100_000, output_tokens: 1000 },
      0.9825,
    ],
    [
      'Anthropic, at the border: 100000 x 3 + 100000 read x 0.3 + 1000 x 15',
      ...(['anthropic', 'claude-sonnet-4-5-20250929'] as const),
      { input_tokens: 100_000, cache_read_tokens: 100_000, output_tokens: 1000 },
      0.345,
    ],
    [
      'Gemini: 1000 x 1.25 + (100 + 400 of thinking) x 10',
      ...(['gemini', 'models/gemini-2.5-pro'] as const),
      { input_tokens: 1000, output_tokens: 100, thinking_tokens: 400 },
      0.00625,
    ],
    [
      'Gemini, audio: 1000 x 0.3 + 500 of audio x 1 + 100 x 2.5',
      ...(['gemini', 'gemini-2.5-flash'] as const),
      { input_tokens: 1000, audio_input_tokens: 500, output_tokens: 100 },
      0.00105,
    ],
    [
      'Groq: 1000 x 0.59 + 100 x 0.79',
      'groq',
      'llama-3.3-70b-versatile',
      { input_tokens: 1000, output_tokens: 100 },
      0.000669,
    ],
    [
      'Mistral: 1000 x 2 + 100 x 6',
      'mistral',
      'mistral-large-latest',
      { input_tokens: 1000, output_tokens: 100 },
      0.0026,
    ],
    [
      'Perplexity: 1000 x 1 + 100 x 1 + 0.012 for the request',
      'perplexity',
      'sonar',
      { input_tokens: 1000, output_tokens: 100 },
      0.0131,
    ],
  ])('%s', (_, provider, model, tokens, usd) => {
    expect(total(provider, model, tokens)).toBeCloseTo(usd, 12)
  })

  it('is told part by part', () => {
    const tokens = {
      ...NONE,
      input_tokens: 100,
      cache_creation_tokens: 4735,
      cache_read_tokens: 1000,
      output_tokens: 255,
    }
    const cost = listOf().cost('anthropic', 'claude-sonnet-4-5', tokens, NOW)!
    expect(cost).toMatchObject({ provider: 'anthropic', model: 'claude-sonnet-4-5' })
    expect(cost.input_cost_usd).toBeCloseTo(0.0003, 12)
    expect(cost.cache_creation_cost_usd).toBeCloseTo(0.01775625, 12)
    expect(cost.cache_read_cost_usd).toBeCloseTo(0.0003, 12)
    expect(cost.output_cost_usd).toBeCloseTo(0.003825, 12)
  })

  it('follows the date and the time of the day', () => {
    const tokens = { input_tokens: 1_000_000 }
    expect(total('openai', 'o3', tokens, new Date('2025-06-09T23:59:59Z'))).toBeCloseTo(10, 9)
    expect(total('openai', 'o3', tokens, new Date('2025-06-10T00:00:00Z'))).toBeCloseTo(2, 9)
    expect(total('deepseek', 'deepseek-chat', tokens, new Date('2026-11-01T12:00:00Z'))).toBeCloseTo(0.27, 9)
    expect(total('deepseek', 'deepseek-chat', tokens, new Date('2026-11-01T20:00:00Z'))).toBeCloseTo(0.135, 9)
  })
})

describe('a provider that the list does not know', () => {
  it('has the prices of whoever makes the model', () => {
    const tokens = { input_tokens: 1_000_000 }
    for (const provider of ['inhouse', 'nobody']) {
      expect(total(provider, 'gpt-5', tokens)).toBeCloseTo(1.25, 9)
      expect(total(provider, 'claude-opus-5', tokens)).toBeCloseTo(5, 9)
      expect(total(provider, 'anthropic/claude-opus-5', tokens)).toBeCloseTo(5, 9)
    }
  })

  it('has those of the provider it is said to be', () => {
    expect(total('mapped', 'llama-3.3-70b-versatile', { input_tokens: 1_000_000 })).toBeCloseTo(0.59, 9)
    expect(total('inhouse', 'llama-3.3-70b-versatile', { input_tokens: 1_000_000 })).toBeUndefined()
  })
})

describe('no price', () => {
  it.each([
    ['inhouse', 'qwen3:8b'],
    ['openai', 'our-own-model'],
    ['openai', ''],
    ['openai', '__proto__'],
    ['__proto__', 'constructor'],
    ['openai', 'omni-moderation-latest'],
    ['gemini', 'gemma-3-27b-it'],
    ['groq', 'claude-opus-5'],
  ])('%s %s is not known, and costs undefined rather than nothing', (provider, model) => {
    expect(total(provider, model, { input_tokens: 1000, output_tokens: 1000 })).toBeUndefined()
  })

  it('of tokens of a kind that a model has no price for is not known', () => {
    expect(total('openai', 'text-embedding-3-small', { input_tokens: 1000 })).toBeCloseTo(0.00002, 12)
    expect(total('openai', 'text-embedding-3-small', { input_tokens: 1000, output_tokens: 1 })).toBeUndefined()
  })
})

const MAKERS = [
  'openai',
  'anthropic',
  'google',
  'azure',
  'aws',
  'groq',
  'mistral',
  'x-ai',
  'deepseek',
  'openrouter',
  'cohere',
  'perplexity',
  'together',
  'fireworks',
  'cerebras',
]

describe('every model of the list', () => {
  const models = MAKERS.flatMap(id =>
    (findProvider({ providerId: id })?.models ?? []).map(model => ({ id, model: model.id })),
  )

  it('costs what the package itself works out', () => {
    const providers = Object.fromEntries(MAKERS.map(id => [id, { baseUrl: 'http://x.test', dialects: [], id }]))
    const list = createPriceList({ prices: {}, providers })
    const tokens = {
      ...NONE,
      input_tokens: 1000,
      cache_read_tokens: 3000,
      cache_creation_tokens: 700,
      output_tokens: 500,
    }
    let compared = 0
    for (const { id, model } of models) {
      for (const times of [1, 300]) {
        const used = Object.fromEntries(KINDS.map(kind => [kind, tokens[kind] * times])) as unknown as TokenCounts
        const usage: Usage = {
          input_tokens: 4700 * times,
          cache_read_tokens: 3000 * times,
          cache_write_tokens: 700 * times,
          output_tokens: 500 * times,
        }
        const cost = list.cost(id, model, used, NOW)
        if (!cost) continue
        const theirs = calcPrice(usage, model, { providerId: id, timestamp: NOW })!
        expect(cost.total_cost_usd, `${id} ${model}`).toBeCloseTo(theirs.total_price, 9)
        compared++
      }
    }
    console.log(`compared ${compared} costs of ${models.length} models`)
    expect(compared).toBeGreaterThan(1000)
  })

  it('costs more for more tokens, and below its thresholds as much for all together as for each alone', () => {
    const list = createPriceList({ prices: {}, providers: HOSTS })
    const counts = fc.record(
      Object.fromEntries(KINDS.map(kind => [kind, fc.nat(20_000)])) as Record<keyof TokenCounts, fc.Arbitrary<number>>,
    )
    const known = [
      'gpt-5',
      'gpt-5.5',
      'claude-sonnet-4-5',
      'claude-opus-5-5',
      'gemini-2.5-pro',
      'gemini-2.5-flash',
      'gpt-4o',
    ]
    fc.assert(
      fc.property(fc.constantFrom(...known), counts, counts, (model, a, b) => {
        const cost = (tokens: TokenCounts) => list.cost('nobody', model, tokens, NOW)!.total_cost_usd
        const sum = Object.fromEntries(KINDS.map(kind => [kind, a[kind] + b[kind]])) as unknown as TokenCounts
        expect(cost(sum)).toBeCloseTo(cost(a) + cost(b), 9)
        const alone = KINDS.map(kind => cost({ ...NONE, [kind]: a[kind] }))
        expect(cost(a)).toBeCloseTo(
          alone.reduce((whole, part) => whole + part, 0),
          9,
        )
        for (const kind of KINDS) expect(cost({ ...a, [kind]: a[kind] + 1 })).toBeGreaterThan(cost(a))
        const far = Object.fromEntries(KINDS.map(kind => [kind, a[kind] * 100])) as unknown as TokenCounts
        expect(cost(far)).toBeGreaterThanOrEqual(cost(a))
      }),
      { numRuns: 300 },
    )
  })
})
