import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gateway, type Upstream } from 'lunaroute/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CHAT, dialects, env, type RouterOptions } from '../../test/support/routed.ts'
import { until } from '../../test/support/until.ts'
import balance from '../balance/index.ts'
import circuitBreaker from '../circuit-breaker/index.ts'
import fallback from '../fallback/index.ts'
import metrics from '../metrics/index.ts'
import router from './index.ts'
import type { WrittenStrategy as Strategy } from './rule.ts'

const provider = { dialect: 'openai-chat', base_url: 'https://p.test/v1', api_key: 'k' }
const providers = { a: provider, b: provider, c: provider }

async function start(options: RouterOptions, upstream: Upstream = ({ provider }) => ({ body: { from: provider } })) {
  const plugins = [dialects, metrics(), router(options), fallback(), balance(), circuitBreaker()]
  const g = await gateway({ plugins, providers }, { env, upstream })
  onTestFinished(() => g.close())
  return {
    g,
    async ask(count: number, model = 'm') {
      const before = g.received.length
      for (let i = 0; i < count; i++) await (await g.post(CHAT, { model, messages: [] })).text()
      return g.received.slice(before).map(each => each.provider)
    },
  }
}

describe('the strategy of a rule', () => {
  it('round-robin gives each provider its turn', async () => {
    const { g, ask } = await start({
      rules: [{ id: 'r', match: { model: 'm' }, strategy: { type: 'round-robin', providers: ['a', 'b', 'c'] } }],
    })
    expect(await ask(6)).toEqual(['a', 'b', 'c', 'a', 'b', 'c'])
    // That another one than the first has its turn is no takeover.
    expect(await (await g.fetch('/metrics')).text()).not.toContain('lunaroute_fallback_triggered_total{')
  })

  it('weighted_round_robin with weights is the short form of it', async () => {
    const rule = { name: 'w', model_pattern: '^m$', strategy: 'weighted_round_robin', weights: { a: 3, b: 1 } } as const
    const { ask } = await start({ rules: [rule] })
    expect((await ask(8)).sort().join('')).toBe('aaaaaabb')
  })

  it.each([
    [{ strategy: 'weighted_round_robin' }, 'has no providers: give them weights, by name'],
    [{ strategy: 'weighted_round_robin', weights: { d: 1 } }, 'no provider is called "d"'],
    [{ primary: 'a', weights: { a: 1 } }, 'go with strategy: weighted_round_robin'],
  ] as const)('%j is refused', async (part, message) => {
    await expect(start({ rules: [{ name: 'w', ...part } as never] })).rejects.toThrow(message)
  })

  it('weighted-round-robin gives each its share, and the model that it is to be asked for', async () => {
    const { g, ask } = await start({
      rules: [
        {
          name: 'w',
          model_pattern: '^m$',
          strategy: {
            type: 'weighted-round-robin',
            providers: [
              { id: 'a', weight: 3 },
              { provider: 'b', model: 'n', weight: 1 },
            ],
          },
        },
      ],
    })
    expect((await ask(8)).sort().join('')).toBe('aaaaaabb')
    expect(new Set(g.received.map(each => `${each.provider} ${(each.json() as { model: string }).model}`))).toEqual(
      new Set(['a m', 'b n']),
    )
  })

  it('limits-alternative goes on to the alternative in the same request, and leaves the limited one alone', async () => {
    const strategy: Strategy = { type: 'limits-alternative', primary_providers: ['a'], alternative_providers: ['b'] }
    const { g, ask } = await start({ rules: [{ id: 'r', match: { model: 'm' }, strategy }] }, ({ provider }) =>
      provider === 'a' ? { status: 429, headers: { 'retry-after': '30' }, body: {} } : { body: {} },
    )
    expect(await ask(3)).toEqual(['a', 'b', 'b', 'b'])
    expect(await (await g.fetch('/metrics')).text()).toContain(
      'lunaroute_rate_limit_backoff_seconds_sum{provider="a"} 30\n',
    )
  })

  it('whose providers fail lets the others have their turn, and then the fallbacks', async () => {
    const { ask } = await start(
      {
        rules: [
          {
            id: 'r',
            match: { model: 'm' },
            strategy: { type: 'round-robin', providers: ['a', 'b'] },
            fallbacks: ['c'],
          },
        ],
      },
      ({ provider }) => (provider === 'c' ? { body: {} } : { status: 500, body: {} }),
    )
    expect(await ask(1)).toEqual(['a', 'b', 'c'])
  })

  it('changes with its file, and its state stays', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'strategy-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'routes.json')
    const write = (...names: string[]) =>
      writeFileSync(
        file,
        JSON.stringify([{ id: 'r', match: { model: 'm' }, strategy: { type: 'round-robin', providers: names } }]),
      )
    write('a', 'b')
    const { ask } = await start({ file })
    expect(await ask(2)).toEqual(['a', 'b'])
    write('b', 'c')
    await until(async () => (await ask(2)).includes('c'), 'the edit takes effect')
    expect((await ask(2)).sort()).toEqual(['b', 'c'])
  })

  it('is told by the pages', async () => {
    const { g } = await start({
      rules: [{ id: 'r', match: { model: 'm' }, strategy: { type: 'round-robin', providers: ['a', 'b'] } }],
    })
    const response = await g.fetch('/admin/routes/test', { method: 'POST', body: '{"model":"m"}' })
    expect(await response.json()).toMatchObject({
      route: 'r',
      attempts: [{ strategy: 'round-robin', targets: [{ provider: 'a' }, { provider: 'b' }] }],
    })
  })

  it.each<[string, object, string]>([
    ['an unknown provider', { type: 'round-robin', providers: ['a', 'bb'] }, 'no provider is called "bb"'],
    ['an unknown strategy', { type: 'fastest', providers: ['a'] }, 'strategy'],
    ['no provider', { type: 'round-robin', providers: [] }, 'strategy'],
    ['no weight', { type: 'weighted-round-robin', providers: [{ id: 'a', weight: 0 }] }, 'has no weight above 0'],
  ])('is refused with %s', async (_, strategy, message) => {
    await expect(start({ rules: [{ id: 'r', strategy } as never] })).rejects.toThrow(message)
  })

  it('is refused beside a target, and where nothing spreads requests', async () => {
    const strategy: Strategy = { type: 'round-robin', providers: ['a', 'b'] }
    await expect(start({ rules: [{ id: 'r', strategy, primary: 'a' }] })).rejects.toThrow('and so does primary')
    const alone = gateway({ plugins: [dialects, router({ rules: [{ id: 'r', strategy }] })], providers }, { env })
    await expect(alone).rejects.toThrow('takes the plugin "balance"')
    const tooEarly = gateway(
      { plugins: [dialects, balance(), router({ rules: [{ id: 'r', strategy }] })], providers },
      { env },
    )
    await expect(tooEarly).rejects.toThrow('list it after "router"')
  })
})

it('a rule may be written with a matcher', async () => {
  const { ask } = await start({
    rules: [
      { name: 'm', priority: 9, matcher: { type: 'model', pattern: '^m' }, primary: 'a' },
      { name: 'l', priority: 8, matcher: { type: 'listener', listener: 'Anthropic' }, primary: 'b' },
      { name: 'x', priority: 1, matcher: { type: 'always' }, primary: 'c' },
    ],
  })
  expect([...(await ask(1, 'm1')), ...(await ask(1, 'n'))]).toEqual(['a', 'c'])
})
