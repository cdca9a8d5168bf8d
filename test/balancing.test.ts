import { gateway } from 'lunaroute/testing'
import { expect, it, onTestFinished } from 'vitest'
import config from '../docs/examples/balancing.config.ts'
import { generationOf } from './support/generation.ts'

const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-haiku-4-5',
  content: [{ type: 'text', text: 'from the other' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 1, output_tokens: 1 },
}

async function start(status: number) {
  const g = await gateway(config, {
    upstream: ({ provider }) =>
      provider === 'openai'
        ? { status, headers: { 'retry-after': '30', 'x-should-retry': 'false' } }
        : { body: MESSAGE },
  })
  onTestFinished(() => g.close())
  const fast = async () => {
    const reply = await g.post('/v1/chat/completions', { model: 'fast', messages: [{ role: 'user', content: 'hi' }] })
    return [reply.status, await reply.json()] as const
  }
  return { g, fast, asked: () => g.received.map(each => each.provider) }
}

it('works on plans in its order, whatever the list says of others', async () => {
  const generation = await generationOf(config)
  expect(generation.taps.route).toEqual(['fallback', 'balance', 'provider-health', 'circuit-breaker', 'retry'])
  await generation.retire(0)
})

it('a limited provider hands over to one of another dialect in the same request, and is left alone then', async () => {
  const { fast, asked, g } = await start(429)
  for (let i = 0; i < 2; i++) {
    expect(await fast()).toMatchObject([200, { choices: [{ message: { content: 'from the other' } }] }])
  }
  expect(asked()).toEqual(['openai', 'anthropic', 'anthropic'])
  expect(g.received[1]!.json()).toMatchObject({ model: 'claude-haiku-4-5' })
})

it('a provider that fails loses its place, then its circuit opens, and both are told of', async () => {
  const { fast, asked, g } = await start(500)
  expect((await fast())[0]).toBe(200)
  expect((await fast())[0]).toBe(200)
  expect(asked()).toEqual(['openai', 'anthropic', 'anthropic'])
  for (let i = 0; i < 4; i++) await g.post('/v1/chat/completions', { model: 'gpt-5' })
  const refused = await g.post('/v1/chat/completions', { model: 'gpt-5' })
  expect([refused.status, await refused.json()]).toMatchObject([503, { error: { code: 'LR_CIRCUIT_OPEN' } }])
  const ready = (await (await g.fetch('/readyz')).json()) as object
  expect(ready).toMatchObject({
    providers: [
      { name: 'openai', status: 'unhealthy', success_rate: 0, circuit: 'open' },
      { name: 'anthropic', status: 'healthy', circuit: 'closed' },
    ],
    statuses: { 'circuit-breaker': { state: 'degraded' }, 'provider-health': { state: 'degraded' } },
  })
  const metrics = await (await g.fetch('/metrics')).text()
  for (const line of [
    'lunaroute_circuit_breaker_state{provider="openai"} 1',
    'lunaroute_circuit_breaker_transitions_total{provider="openai",from_state="closed",to_state="open"} 1',
    'lunaroute_provider_health_status{provider="openai"} 3',
    'lunaroute_provider_success_rate{provider="anthropic"} 1',
  ]) {
    expect(metrics).toContain(`${line}\n`)
  }
})
