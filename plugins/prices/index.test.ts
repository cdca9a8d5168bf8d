import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { definePlugin, statusService } from 'lunaroute'
import { type CostRecord, type PriceListOffer, priceService, type TokenCounts } from 'lunaroute/sessions'
import { describe, expect, it, onTestFinished } from 'vitest'
import { loadConfig } from '../../src/config/load-config.ts'
import { Gateway } from '../../src/gateway.ts'
import { createLog } from '../../src/log.ts'
import { gateway, harness } from '../../src/testing.ts'
import { until } from '../../test/support/until.ts'
import anthropic from '../anthropic/index.ts'
import openai from '../openai/index.ts'
import config from './example.config.ts'
import prices from './index.ts'
import { pricesIn } from './price-file.ts'
import { createPriceList, type PriceListOptions } from './price-list.ts'

const NOW = new Date('2026-11-01T12:00:00Z')

/** The list of a gateway with these options, as another plugin gets it. */
async function offer(options: Parameters<typeof prices>[0] = {}): Promise<PriceListOffer> {
  const found: PriceListOffer[] = []
  const reader = definePlugin({
    name: 'reader',
    setup: (_, api) => ({ record: () => void found.push(...api.offers(priceService)) }),
  })
  const h = await harness(openai(), anthropic(), prices(options), reader())
  await h.record()
  await h.close()
  expect(found).toHaveLength(1)
  return found[0]!
}

const tokens = (given: Partial<TokenCounts>): TokenCounts => ({
  input_tokens: 0,
  output_tokens: 0,
  thinking_tokens: 0,
  reasoning_tokens: 0,
  cache_read_tokens: 0,
  cache_creation_tokens: 0,
  audio_input_tokens: 0,
  audio_output_tokens: 0,
  ...given,
})

const MILLION = tokens({ input_tokens: 1_000_000 })
const usd = ({ list }: PriceListOffer, provider: string, model: string, used = MILLION): number | undefined =>
  list.cost(provider, model, used, NOW)?.total_cost_usd

describe('a configured price', () => {
  it('wins over the list, and what is more specific over what is less', async () => {
    const given = await offer({
      'gpt-5': { input: 7, output: 8 },
      'gpt-*': { input: 6, output: 8 },
      'our-*': { input: 5, output: 8 },
      'openai/gpt-5': { input: 4, output: 8 },
      'openai/*': { input: 3, output: 8 },
    })
    expect(usd(given, 'other', 'gpt-5')).toBe(7)
    expect(usd(given, 'other', 'gpt-5-mini')).toBe(6)
    expect(usd(given, 'other', 'our-own')).toBe(5)
    expect(usd(given, 'openai', 'gpt-5')).toBe(4)
    expect(usd(given, 'openai', 'anything')).toBe(3)
    expect(usd(given, 'other', 'claude-opus-5')).toBe(5)
  })

  it('of nothing is nothing, which is not the same as none', async () => {
    const given = await offer({ 'openai/*': { input: 0, output: 0 } })
    expect(usd(given, 'openai', 'anything')).toBe(0)
    expect(usd(given, 'anthropic', 'anything')).toBeUndefined()
  })

  it('has its kinds and its lengths', async () => {
    const given = await offer({
      m: {
        input: 2,
        output: 10,
        cache_read: 0.5,
        reasoning: 20,
        above: [
          { tokens: 2_000_000, input: 8, cache_read: 1 },
          { tokens: 1_000_000, input: 4, output: 30 },
        ],
      },
    })
    const cost = (used: Partial<TokenCounts>) => usd(given, 'x', 'm', tokens(used))
    expect(cost({ cache_read_tokens: 1_000_000 })).toBe(0.5)
    // A write costs as much as input, and sound as much as text.
    expect(cost({ cache_creation_tokens: 1_000_000 })).toBe(2)
    expect(cost({ audio_input_tokens: 500_000, audio_output_tokens: 100_000 })).toBe(2)
    expect(cost({ thinking_tokens: 50_000, reasoning_tokens: 50_000, output_tokens: 100_000 })).toBe(3)
    expect(cost({ input_tokens: 1_000_001 })).toBeCloseTo(4.000004, 9)
    expect(cost({ input_tokens: 1_000_000, cache_creation_tokens: 500_000, output_tokens: 100_000 })).toBe(4 + 2 + 3)
    expect(cost({ input_tokens: 1_000_000, cache_read_tokens: 2_000_000 })).toBe(8 + 2)
    expect(cost({ input_tokens: 1_000_000, cache_read_tokens: 1_000_000 })).toBe(4 + 0.5)
  })

  it('is the example’s', async () => {
    const given = await offer(config.prices as never)
    expect(usd(given, 'anthropic', 'claude-opus-5')).toBe(8)
    expect(usd(given, 'anthropic', 'claude-opus-5', tokens({ input_tokens: 100_000 }))).toBeCloseTo(0.4, 12)
  })
})

describe('a worker thread', () => {
  it('makes the same list of the module and the options', async () => {
    const given = await offer({ 'our-*': { input: 5, output: 8 } })
    const code = `
      const { parentPort, workerData: { module, options, tokens, asked } } = require('node:worker_threads')
      import(module).then(({ createPriceList }) => {
        const list = createPriceList(options)
        parentPort.postMessage(asked.map(([provider, model]) => list.cost(provider, model, tokens, new Date(${NOW.getTime()}))))
      })`
    const asked = [
      ['openai', 'gpt-5'],
      ['anthropic', 'claude-opus-5'],
      ['openai', 'our-own'],
      ['openai', 'unknown'],
    ] as const
    const { module, options } = given
    const worker = new Worker(code, { eval: true, workerData: { module, options, tokens: MILLION, asked } })
    onTestFinished(() => void worker.terminate())
    const costs = await new Promise<(CostRecord | undefined)[]>((resolve, reject) => {
      worker.once('message', resolve).once('error', reject)
    })
    expect(costs).toEqual(asked.map(([provider, model]) => given.list.cost(provider, model, MILLION, NOW)))
    expect(costs.map(cost => cost?.total_cost_usd)).toEqual([1.25, 5, 5, undefined])
  })
})

describe('a file of prices', () => {
  const file = (content: string) => {
    const folder = mkdtempSync(join(tmpdir(), 'prices-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'prices.json')
    writeFileSync(path, content)
    return path
  }

  it('stands between the config and the list', async () => {
    const path = file('{ "gpt-5": { "input": 9, "output": 1 }, "mine": { "input": 2, "output": 1 } }')
    const given = await offer({ file: path, 'gpt-5': { input: 7, output: 8 } })
    expect(usd(given, 'openai', 'gpt-5')).toBe(7)
    expect(usd(given, 'openai', 'mine')).toBe(2)
    expect(usd(given, 'openai', 'gpt-5-mini')).toBe(0.25)
  })

  it('may be LiteLLM’s, in which what is not understood is passed over', async () => {
    const content = {
      sample_spec: { max_tokens: 'set to max output tokens' },
      'text-only': 7,
      'some-model': {
        input_cost_per_token: 3e-6,
        output_cost_per_token: 1.5e-5,
        cache_read_input_token_cost: 3e-7,
        cache_creation_input_token_cost: 3.75e-6,
        input_cost_per_token_above_200k_tokens: 6e-6,
        output_cost_per_token_above_200k_tokens: 2.25e-5,
        mode: 'chat',
      },
      'broken-model': { input_cost_per_token: '3e-6' },
    }
    const { prices: read, skipped } = pricesIn(content)
    expect(read).toEqual({
      'some-model': {
        input: 3,
        output: 15,
        cache_read: 0.3,
        cache_write: 3.75,
        above: [{ tokens: 200_000, input: 6, output: 22.5 }],
      },
    })
    expect(skipped).toBe(3)
    expect(usd(await offer({ file: file(JSON.stringify(content)) }), 'openai', 'some-model')).toBe(6)
  })

  it.each([
    ['no JSON', '{', 'invalid JSON'],
    ['no object', '[]', 'must'],
    ['a price that is none', '{ "m": { "input": -1, "output": 1 } }', 'm.input: must be >= 0'],
    ['a misspelled kind', '{ "m": { "input": 1, "output": 1, "cached": 1 } }', 'm.cached: is no kind of token'],
  ])('with %s is refused', async (_, content, message) => {
    const refused = offer({ file: file(content) })
    await expect(refused.catch(error => Promise.reject(new Error(String(error))))).rejects.toThrow(message)
  })

  it('that is not there is refused', async () => {
    await expect(offer({ file: '/nowhere/prices.json' })).rejects.toThrow('there is no such file')
  })

  it('that is edited counts from then on, for workers too, and a mistake in it does not', async () => {
    const path = file('{ "mine": { "input": 2, "output": 1 } }')
    const offers: PriceListOffer[] = []
    const reader = definePlugin({
      name: 'reader',
      setup: (_, api) => ({ ingress: () => void offers.push(...api.offers(priceService)) }),
    })
    const config = { port: 0, plugins: [openai(), prices({ file: path }), reader()] }
    const started = await Gateway.start({
      load: () => loadConfig({ cwd: tmpdir(), home: tmpdir(), config, env: {} }),
      openLog: settings => createLog(settings, { write: () => undefined }),
      watch: true,
    })
    onTestFinished(() => started.close())
    const price = async () => {
      await fetch(`http://127.0.0.1:${started.listeners()[0]!.port}/`)
      const last = offers.at(-1)!
      const copy = createPriceList(structuredClone(last.options) as PriceListOptions)
      expect(copy.cost('openai', 'mine', MILLION, NOW)).toEqual(last.list.cost('openai', 'mine', MILLION, NOW))
      return usd(last, 'openai', 'mine')
    }
    expect(await price()).toBe(2)
    writeFileSync(path, '{ "mine": { "input": -2, "output": 1 } }')
    const refused = () => started.generation.offers(statusService).some(each => each.read().state === 'degraded')
    await until(refused, 'the mistake is told of')
    expect(await price()).toBe(2)
    writeFileSync(path, '{ "mine": { "input": 3, "output": 1 } }')
    await until(async () => (await price()) === 3, 'the edit counts')
  })
})

describe('a mistake in the config is told with its place', () => {
  it.each([
    [{ 'gpt-5': { input: 1 } }, 'option gpt-5 of plugin "prices": "output" is missing'],
    [{ 'gpt-5': { input: 1, output: 1, cached: 1 } }, 'unknown key "cached"'],
    [{ providers: { opnai: 'azure' } }, 'no provider is called "opnai" (did you mean "openai"?)'],
    [{ providers: { openai: 'nonesuch' } }, 'the price list knows no provider "nonesuch"'],
  ])('%o', async (given, message) => {
    await expect(gateway({ plugins: [openai(), prices()], prices: given as never })).rejects.toThrow(message)
  })
})
