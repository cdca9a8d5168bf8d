import { definePlugin, type Plan } from 'lunaroute'
import { priceService } from 'lunaroute/sessions'
import { gateway, harness, type TestGateway } from 'lunaroute/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import admin from '../admin/index.ts'
import anthropic from '../anthropic/index.ts'
import metrics from '../metrics/index.ts'
import openai from '../openai/index.ts'
import balance from './index.ts'

const CHAT = '/v1/chat/completions'
type Options = Parameters<typeof balance>[0]
type Upstream = NonNullable<Parameters<typeof gateway>[1]>['upstream']

const one = { dialect: 'openai-chat', base_url: 'https://one.test/v1', api_key: 'sk-one' }
const two = { dialect: 'openai-chat', base_url: 'https://two.test/v1', api_key: 'sk-two' }

async function start(options: Options, upstream: Upstream = () => ({ body: {} }), providers: object = {}) {
  const plugins = [openai(), anthropic(), metrics({ process: false }), admin(), balance(options)]
  const g = await gateway({ plugins, providers: { one, two, ...providers } as never }, { upstream })
  onTestFinished(() => g.close())
  return g
}

const chat = (g: TestGateway, body: object = { model: 'm' }, headers = {}) => g.post(CHAT, body, headers)
const asked = (g: TestGateway) => g.received.map(each => each.provider)

/** Asks so often, and returns which providers were asked. */
async function ask(g: TestGateway, times: number, body?: object) {
  for (let i = 0; i < times; i++) await chat(g, body)
  return asked(g).splice(-times)
}

const targets = [{ provider: 'one' }, { provider: 'two' }]

describe('a group', () => {
  it('stands in the place of providers, and of models, and leaves the rest alone', async () => {
    const g = await start({
      groups: {
        homes: { targets, providers: ['openai'] },
        small: { targets: [{ provider: 'two', model: 'small-1' }], models: ['small*'] },
      },
    })
    expect(await ask(g, 4)).toEqual(['one', 'two', 'one', 'two'])
    await chat(g, { model: 'small' })
    await g.post('/v1/messages', { model: 'm' }, { 'anthropic-version': '2023-06-01' })
    expect(asked(g).slice(4)).toEqual(['two', 'anthropic'])
    expect(g.received[4]!.json()).toEqual({ model: 'small-1' })
  })

  it('is reached by its name, and keeps what the plan says of the attempt', async () => {
    const h = await harness(
      openai(),
      anthropic(),
      balance({ groups: { pair: { targets: [{ provider: 'openai', model: 'x' }, { provider: 'anthropic' }] } } }),
    )
    onTestFinished(() => h.close())
    const plan: Plan = [
      { provider: 'pair', model: 'y', headers: { a: '1' }, fallbackOn: [500] },
      { provider: 'openai', headers: {} },
    ]
    expect(await h.route(plan, h.request({ model: 'm' }, { dialect: 'openai-chat' }))).toEqual([
      { provider: 'openai', model: 'x', headers: { a: '1' }, fallbackOn: [500] },
      { provider: 'anthropic', model: 'y', headers: { a: '1' }, fallbackOn: [500] },
      { provider: 'openai', headers: {} },
    ])
  })

  it('by weight sends each target its share', async () => {
    const weighted = [{ provider: 'one', weight: 3 }, { provider: 'two' }]
    const g = await start({ groups: { g: { targets: weighted, strategy: 'weighted-round-robin', models: ['*'] } } })
    expect(await ask(g, 4)).toEqual(['one', 'one', 'two', 'one'])
  })

  it('keeps its turn over a reload', async () => {
    const config = (options: Options) => [openai(), anthropic(), balance(options)]
    const options = { groups: { g: { targets: [{ provider: 'openai' }, { provider: 'anthropic' }], models: ['*'] } } }
    const first = await harness(...config(options))
    const route = async (h: typeof first) =>
      (await h.route([], h.request({ model: 'm' }, { dialect: 'openai-chat' })))[0]!.provider
    const before = await route(first)
    const second = await first.reload(...config(options))
    await first.close()
    onTestFinished(() => second.close())
    expect([before, await route(second)]).toEqual(['openai', 'anthropic'])
  })

  it('takes the cheapest by the price list of another plugin', async () => {
    const prices = definePlugin({
      name: 'prices',
      setup(_options, { offer }) {
        const cost = (provider: string) => ({ total_cost_usd: provider === 'openai' ? 9 : 1 }) as never
        offer(priceService, { list: { cost }, module: '', options: {} })
        return {}
      },
    })
    const pair = [{ provider: 'openai' }, { provider: 'anthropic' }]
    const h = await harness(
      openai(),
      anthropic(),
      prices(),
      balance({ groups: { g: { targets: pair, strategy: 'cheapest', models: ['*'] } } }),
    )
    onTestFinished(() => h.close())
    const plan = await h.route([], h.request({ model: 'm' }, { dialect: 'openai-chat' }))
    expect(plan.map(each => each.provider)).toEqual(['anthropic', 'openai'])
  })

  it('with least latency prefers the faster target', async () => {
    const slow: Upstream = async ({ provider }) => {
      if (provider === 'one') await new Promise(resolve => setTimeout(resolve, 300))
      return { body: {} }
    }
    const g = await start({ groups: { g: { targets, strategy: 'least-latency', models: ['*'] } } }, slow)
    await ask(g, 2)
    expect(await ask(g, 6)).toEqual(Array(6).fill('two'))
    expect(await (await g.fetch('/admin/balance')).json()).toMatchObject({
      state: 'ok',
      details: { groups: { g: [{ provider: 'one', answers_in_ms: expect.any(Number) }, { provider: 'two' }] } },
    })
  })

  it('asks another target when one cannot be reached', async () => {
    const dead = { dialect: 'openai-chat', base_url: 'http://127.0.0.1:9', http_client: { max_retries: 0 } }
    const g = await start(
      { groups: { g: { targets: [{ provider: 'dead' }, { provider: 'two' }], models: ['*'], strategy: 'ordered' } } },
      undefined,
      { dead },
    )
    expect((await chat(g)).status).toBe(200)
    expect(asked(g)).toEqual(['two'])
  })
})

describe('a sticky group', () => {
  const sticky = (by: readonly ('session' | 'user' | 'prefix')[]): Options => ({
    groups: { g: { targets, strategy: 'sticky', by: [...by], models: ['*'] } },
  })
  const body = (system: string, text: string) => ({
    model: 'm',
    tools: [{ name: 'read' }],
    messages: [
      { role: 'system', content: system.padEnd(5000, '.') },
      { role: 'user', content: text },
    ],
  })

  it('keeps requests with the same beginning of the prompt together, and spreads others', async () => {
    const g = await start(sticky(['prefix']))
    const first = new Set<string>()
    for (let i = 0; i < 12; i++) {
      await chat(g, body(`agent ${i}`, 'hello'))
      await chat(g, body(`agent ${i}`, 'and then'))
      const [before, after] = asked(g).slice(-2)
      expect(after).toBe(before)
      first.add(before!)
    }
    expect(first).toEqual(new Set(['one', 'two']))
  })

  it('goes by the first thing that a request has', async () => {
    const g = await start(sticky(['session', 'user']))
    const users = Array.from({ length: 12 }, (_, i) => `user ${i}`)
    for (const user of users) expect(new Set(await ask(g, 3, { model: 'm', user })).size).toBe(1)
    expect(new Set(asked(g)).size).toBe(2)
    expect(await ask(g, 2, { model: 'm' })).toHaveLength(2)
    expect(new Set(asked(g).slice(-2)).size).toBe(2)
  })
})

describe('limits-alternative', () => {
  const options: Options = { groups: { g: { targets, strategy: 'limits-alternative', models: ['*'] } } }
  const limited =
    (headers: Readonly<Record<string, string>>, isLimited: (provider: string) => boolean): Upstream =>
    ({ provider }) =>
      isLimited(provider) ? { status: 429, headers, body: {} } : { body: { from: provider } }

  it('goes on to the alternative in the same request, counts it, and returns when retry-after is over', async () => {
    let isLimited = true
    const g = await start(
      options,
      limited({ 'retry-after': '0.4' }, provider => isLimited && provider === 'one'),
    )
    expect(await (await chat(g)).json()).toEqual({ from: 'two' })
    await chat(g)
    expect(asked(g)).toEqual(['one', 'two', 'two'])
    const text = await (await g.fetch('/metrics')).text()
    expect(text).toContain('lunaroute_rate_limits_total{provider="one",model="m"} 1\n')
    expect(text).toContain(
      'lunaroute_rate_limit_alternatives_used_total{primary_provider="one",alternative_provider="two",model="m"} 2\n',
    )
    expect(text).toContain(
      [
        'lunaroute_rate_limit_backoff_seconds_sum{provider="one"} 0.4',
        'lunaroute_rate_limit_backoff_seconds_count{provider="one"} 1',
      ].join('\n'),
    )
    isLimited = false
    await expect.poll(async () => (await ask(g, 1))[0]).toBe('one')
  })

  it('refuses with 429 and retry-after while all are limited, in the client’s dialect', async () => {
    const g = await start(
      options,
      limited({}, () => true),
    )
    expect((await chat(g)).status).toBe(429)
    const refused = await chat(g)
    expect([
      refused.status,
      refused.headers.get('retry-after'),
      refused.headers.get('x-lunaroute-error-source'),
    ]).toEqual([429, '60', 'gateway'])
    expect(await refused.json()).toMatchObject({
      error: { code: 'LR_ALL_LIMITED', message: expect.stringContaining('All providers are currently rate-limited') },
    })
    expect(asked(g)).toEqual(['one', 'two'])
    const text = await (await g.fetch('/metrics')).text()
    expect(text.match(/lunaroute_rate_limit_backoff_seconds_bucket\{provider="two".*/g)).toEqual(
      [60, 120, 240, 480, 960, 1920, 3840, '+Inf'].map(
        le => `lunaroute_rate_limit_backoff_seconds_bucket{provider="two",le="${le}"} 1`,
      ),
    )
  })

  it('does not hold the limits of a client’s own credential against others', async () => {
    const own: Options = {
      groups: {
        g: { targets: [{ provider: 'openai' }, { provider: 'two' }], strategy: 'limits-alternative', models: ['*'] },
      },
    }
    const g = await start(
      own,
      limited({ 'retry-after': '60' }, provider => provider === 'openai'),
    )
    await chat(g, { model: 'm' }, { authorization: 'Bearer sk-client' })
    await chat(g, { model: 'm' }, { authorization: 'Bearer sk-client-2' })
    await chat(g)
    await chat(g)
    expect(asked(g)).toEqual(['openai', 'two', 'openai', 'two', 'openai', 'two', 'two'])
    expect(
      g.received.filter(each => each.headers['authorization']?.includes('client')).map(each => each.provider),
    ).toEqual(['openai', 'openai'])
  })
})

it.each([
  [{ groups: { g: { targets: [{ provider: 'opnai' }] } } }, 'no provider is called "opnai" (did you mean "openai"?)'],
  [{ groups: { openai: { targets } } }, 'is the name of a provider'],
  [{ groups: { a: { targets, models: ['x'] }, b: { targets, models: ['x'] } } }, 'is claimed by the group "a", too'],
])('%j is refused: %s', async (options, message) => {
  await expect(start(options as Options)).rejects.toThrow(message)
})
