import { defineConfig, definePlugin } from 'lunaroute'
import { gateway, type TestGateway } from 'lunaroute/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import admin from '../admin/index.ts'
import anthropic from '../anthropic/index.ts'
import health from '../health/index.ts'
import metrics from '../metrics/index.ts'
import openai from '../openai/index.ts'
import { type HealthRules, healthOf, ProviderHealth } from './health.ts'
import providerHealth from './index.ts'

const RULES: HealthRules = { window: 60_000, healthy: 0.95, unhealthy: 0.75, least: 10, slow: 0, failedProbes: 2 }

function standing(ok: number, failed: number, at = 1000) {
  const all = new ProviderHealth()
  const window = all.provider('p', RULES.window)
  for (let i = 0; i < ok; i++) window.add(true, at)
  for (let i = 0; i < failed; i++) window.add(false, at)
  const probes = all.probes('p')
  return { window, probes, of: (now = at, rules = RULES) => healthOf(window, probes, rules, now) }
}

describe('a provider', () => {
  it.each([
    [0, 0, 'unknown'],
    [1, 0, 'healthy'],
    [0, 1, 'unhealthy'],
    [5, 1, 'unknown'],
    [19, 1, 'healthy'],
    [18, 1, 'degraded'],
    [15, 5, 'degraded'],
    [7, 3, 'unhealthy'],
  ])('with %i attempts that worked and %i that failed is %s', (ok, failed, status) => {
    expect(standing(ok, failed).of()).toBe(status)
  })

  it('is forgiven as the window goes by', () => {
    expect(standing(0, 9).of(70_000)).toBe('unknown')
  })

  it('that is slow is degraded', () => {
    const each = standing(10, 0)
    for (let i = 0; i < 10; i++) each.window.addLatency(i === 0 ? 10 : 900, 1000)
    expect(each.of(1000, { ...RULES, slow: 500 })).toBe('degraded')
    expect(each.of(1000, { ...RULES, slow: 2000 })).toBe('healthy')
    expect(each.window.latency(0.05, 1000)).toBeLessThan(20)
    expect(each.window.latency(0.95, 70_000)).toBeUndefined()
  })

  it('that fails its probes is unhealthy, whatever else it does; one that answers them is healthy when idle', () => {
    const busy = standing(100, 0)
    busy.probes.failedInARow = 2
    expect(busy.of()).toBe('unhealthy')
    const idle = standing(0, 0)
    idle.probes.ok = 1
    expect(idle.of()).toBe('healthy')
  })
})

const CHAT = '/v1/chat/completions'
const both = definePlugin({
  name: 'both',
  setup: () => ({
    route: () => ['openai', 'anthropic'].map(provider => ({ provider, headers: {}, fallbackOn: [500] })),
  }),
})
const pages = [openai(), anthropic(), health(), metrics(), admin()]

async function start(config: Parameters<typeof gateway>[0], options: Parameters<typeof gateway>[1]) {
  const g = await gateway(config, options)
  onTestFinished(() => g.close())
  return g
}

const ready = async (g: TestGateway) => {
  const response = await g.fetch('/readyz')
  return [response.status, await response.json()] as const
}

it('moves an unhealthy provider to the end of the plan, where it is still asked', async () => {
  let isAnthropicUp = true
  const upstream = ({ provider }: { provider: string }) => ({
    status: provider === 'openai' || !isAnthropicUp ? 500 : 200,
    body: {},
  })
  const g = await start({ plugins: [...pages, both(), providerHealth()] }, { upstream })
  const asked = async () => {
    const before = g.received.length
    await g.post(CHAT, { model: 'm' })
    return g.received.slice(before).map(each => each.provider)
  }
  expect(await asked()).toEqual(['openai', 'anthropic'])
  expect(await asked()).toEqual(['anthropic'])
  isAnthropicUp = false
  expect(await asked()).toEqual(['anthropic', 'openai'])
})

it('is seen at /readyz, at /admin/providers and in metrics', async () => {
  const upstream = ({ provider }: { provider: string }) => ({ status: provider === 'openai' ? 500 : 200, body: {} })
  const g = await start({ plugins: [...pages, both(), providerHealth()] }, { upstream })
  await g.post(CHAT, { model: 'm' })
  const providers = [
    { name: 'openai', status: 'unhealthy', success_rate: 0 },
    { name: 'anthropic', status: 'healthy', success_rate: 1, recent: { ok: 1, failed: 0, p50_ms: expect.any(Number) } },
  ]
  expect(await ready(g)).toMatchObject([
    200,
    {
      status: 'ready',
      providers,
      statuses: { 'provider-health': { state: 'degraded', message: expect.stringContaining('unavailable: openai') } },
    },
  ])
  expect(await (await g.fetch('/admin/providers')).json()).toMatchObject({ providers })
  const text = await (await g.fetch('/metrics')).text()
  expect(text).toContain('lunaroute_provider_health_status{provider="openai"} 3\n')
  expect(text).toContain('lunaroute_provider_health_status{provider="anthropic"} 1\n')
  expect(text).toContain('lunaroute_provider_success_rate{provider="openai"} 0\n')
})

it.each([
  ['never', 200],
  ['all', 503],
  ['any', 503],
] as const)('with not_ready: %s and every provider unhealthy, /readyz answers %i', async (notReady, status) => {
  const config = { plugins: [...pages, both(), providerHealth({ not_ready: notReady })] }
  const g = await start(config, { upstream: () => ({ status: 500 }) })
  await g.post(CHAT, { model: 'm' })
  expect((await ready(g))[0]).toBe(status)
})

it('tells the models of a provider apart where asked to', async () => {
  const upstream = ({ provider, json }: { provider: string; json(): unknown }) => {
    const isBad = provider === 'openai' && (json() as { model: string }).model === 'bad'
    return { status: isBad ? 500 : 200, body: {} }
  }
  const g = await start({ plugins: [...pages, both(), providerHealth({ per: 'model' })] }, { upstream })
  for (const model of ['good', 'bad', 'bad', 'good']) await g.post(CHAT, { model })
  expect(g.received.map(each => each.provider)).toEqual(['openai', 'openai', 'anthropic', 'anthropic', 'openai'])
  const models = [
    { model: 'good', status: 'healthy' },
    { model: 'bad', status: 'unhealthy' },
  ]
  const [, body] = await ready(g)
  const [first] = (body as { providers: { models: object[] }[] }).providers
  expect(first!.models).toEqual(expect.arrayContaining(models.map(each => expect.objectContaining(each))))
})

it('probes providers that have a key, and a reload keeps what it knows', async () => {
  const probes = { interval_secs: 0.05, timeout_secs: 1, failures: 1 }
  const config = defineConfig({
    plugins: [...pages, providerHealth({ probes })],
    providers: { openai: { api_key: 'sk-own' } },
  })
  let status = 503
  const g = await start(config, { upstream: () => ({ status }) })
  const state = async () => {
    const [, body] = await ready(g)
    return (body as { providers: { status: string }[] }).providers.map(each => each.status)
  }
  await expect.poll(state, { timeout: 10_000 }).toEqual(['unhealthy', 'unknown'])
  expect(g.received[0]).toMatchObject({
    method: 'GET',
    path: '/v1/models',
    headers: { authorization: 'Bearer sk-own' },
  })
  await g.reload(config)
  expect(await state()).toEqual(['unhealthy', 'unknown'])
  status = 404
  await expect.poll(state, { timeout: 10_000 }).toEqual(['healthy', 'unknown'])
  expect(new Set(g.received.map(each => each.provider))).toEqual(new Set(['openai']))
  expect(await (await g.fetch('/metrics')).text()).toMatch(
    /lunaroute_provider_probes_total\{provider="openai",result="ok"\} [1-9]/,
  )
})

it('refuses to probe a provider that nobody configured, and says what was meant', async () => {
  const config = { plugins: [...pages, providerHealth({ probes: { providers: ['opnai'] } })] }
  await expect(gateway(config)).rejects.toThrow(
    /probes\.providers.*no provider is called "opnai" \(did you mean "openai"\?\)/,
  )
})
