import { definePlugin, GatewayError, type Plan } from 'lunaroute'
import { harness } from 'lunaroute/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { PluginOption } from '../../src/index.ts'
import { startGateway } from '../../test/support/gateway.ts'
import { meterReader } from '../../test/support/meters.ts'
import { type Script, type ScriptedProvider, scriptedProvider } from '../../test/support/scripted-provider.ts'
import { ANSWERS } from '../../test/translation/provider-answers.ts'
import anthropic from '../anthropic/index.ts'
import apiKeys from '../api-keys/index.ts'
import openai from '../openai/index.ts'
import translate from '../translate/index.ts'
import fallback, { type FallbackOptions } from './index.ts'

const chat = { json: ANSWERS['openai-chat'].text }
const messages = { json: ANSWERS['anthropic-messages'].text }
const broken: Script = { status: 503, json: { error: { message: 'out of order' } } }

describe('the plan', () => {
  async function planOf(options: Partial<FallbackOptions>, plan: Plan, model = 'gpt-5'): Promise<Plan> {
    const h = await harness(openai(), anthropic(), fallback(options))
    onTestFinished(() => h.close())
    return h.route(plan, h.request({ model, messages: [] }))
  }
  const places = (plan: Plan) => plan.map(({ provider, model }) => (model ? `${provider}/${model}` : provider))
  const home: Plan = [{ provider: 'openai', headers: {} }]
  const chains = {
    'gpt-5': [{ provider: 'anthropic', model: 'claude' }],
    'gpt-*': [{ provider: 'openai', model: 'gpt-4' }],
  }

  it('goes on with the chain of the most specific pattern', async () => {
    expect(places(await planOf({ chains }, home))).toEqual(['openai', 'anthropic/claude'])
    expect(places(await planOf({ chains }, home, 'gpt-9'))).toEqual(['openai', 'openai/gpt-4'])
    expect(places(await planOf({ chains }, home, 'o3'))).toEqual(['openai'])
  })

  it('goes on with those who stand in for its provider, under the same name of the model', async () => {
    const plan: Plan = [{ provider: 'openai', model: 'mapped', headers: {} }]
    expect(places(await planOf({ providers: { openai: ['anthropic'] } }, plan))).toEqual([
      'openai/mapped',
      'anthropic/mapped',
    ])
  })

  it('leads nowhere twice', async () => {
    const own = { 'gpt-5': [{ provider: 'openai' }, { provider: 'anthropic', model: 'claude' }] }
    expect(places(await planOf({ chains: own }, home))).toEqual(['openai', 'anthropic/claude'])
  })

  it('that leads to several places already has none added', async () => {
    const routed: Plan = [...home, { provider: 'openai', model: 'gpt-4', headers: {} }]
    expect(places(await planOf({ chains }, routed))).toEqual(['openai', 'openai/gpt-4'])
  })

  it('of what is at one provider only has none added', async () => {
    const h = await harness(openai(), anthropic(), fallback({ providers: { openai: ['anthropic'] } }))
    onTestFinished(() => h.close())
    const request = h.request('', { method: 'GET', path: '/v1/batches' })
    expect(places(await h.route(home, request))).toEqual(['openai'])
  })

  it('of several keys for one place is not such a plan', async () => {
    const rotated: Plan = [
      { ...home[0]!, key: 0 },
      { ...home[0]!, key: 1 },
    ]
    expect(places(await planOf({ chains }, rotated))).toEqual(['openai', 'openai', 'anthropic/claude'])
  })

  it('says of each attempt what it falls back on and how it is held, unless it says so itself', async () => {
    const own: Plan = [{ ...home[0]!, fallbackOn: [418], hold: {} }]
    const options = { chains, on: [503], first_content_ms: 7, keep_alive_after_ms: 9 }
    expect(await planOf(options, own)).toMatchObject([
      { fallbackOn: [418], hold: {} },
      { fallbackOn: [503], hold: { firstContent: 7, keepAliveAfter: 9 } },
    ])
  })

  it.each([
    ['chains', { chains: { m: [{ provider: 'opnai' }] } }],
    ['providers', { providers: { openai: ['opnai'] } }],
    ['providers', { providers: { opnai: [] } }],
  ])('with a provider in %s that nobody configured is refused', async (_, options) => {
    await expect(harness(openai(), fallback(options))).rejects.toThrow('did you mean "openai"?')
  })
})

describe('when a provider fails', () => {
  interface Pair {
    readonly first: ScriptedProvider
    readonly second: ScriptedProvider
    readonly meters: ReturnType<typeof meterReader>
    ask(body?: object, headers?: Readonly<Record<string, string>>): Promise<Response>
  }
  const chains = { '*': [{ provider: 'anthropic', model: 'claude' }] }

  async function pair(options: Partial<FallbackOptions> = {}, others: readonly PluginOption[] = []): Promise<Pair> {
    const [first, second] = await Promise.all([scriptedProvider(), scriptedProvider()])
    second.script(messages)
    const meters = meterReader()
    const gateway = await startGateway({
      plugins: [openai(), anthropic(), translate(), others, fallback({ chains, ...options }), meters.plugin],
      providers: {
        openai: { base_url: `${first.url}/v1`, api_key: 'openai-key' },
        anthropic: { base_url: second.url, api_key: 'anthropic-key' },
      },
    })
    onTestFinished(async () => {
      await gateway.close()
      await Promise.all([first.close(), second.close()])
    })
    return {
      first,
      second,
      meters,
      ask: (body = {}, headers = {}) =>
        fetch(`${gateway.url}/v1/chat/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hi' }], ...body }),
        }),
    }
  }
  const textOf = async (response: Response) => {
    const body = (await response.json()) as { choices: { message: { content: string } }[] }
    return body.choices[0]!.message.content
  }

  it.each([
    401, 402, 403, 408, 409, 425, 429, 500, 502, 503, 504, 529,
  ])('with %i the next answers, and it is counted', async status => {
    const { first, ask, meters } = await pair()
    first.script({ ...broken, status })
    const response = await ask()
    expect([response.status, await textOf(response)]).toEqual([200, 'Hello.'])
    expect(meters.read('lunaroute_fallback_triggered_total')).toEqual([`openai anthropic ${status}: 1`])
  })

  it.each([400, 404, 413, 422])('with %i the client gets that', async status => {
    const { first, second, ask, meters } = await pair()
    first.script({ ...broken, status })
    const response = await ask()
    expect([response.status, await response.json()]).toEqual([status, broken.json])
    expect(second.received).toHaveLength(0)
    expect(meters.read('lunaroute_fallback_triggered_total')).toEqual([])
  })

  it('who is refused with a credential of its own is not served on the gateway’s account', async () => {
    for (const status of [401, 402, 403]) {
      const { first, second, ask } = await pair()
      first.script({ ...broken, status })
      const response = await ask({}, { authorization: 'Bearer my-own' })
      expect([response.status, second.received.length]).toEqual([status, 0])
      first.script(broken)
      expect((await ask({}, { authorization: 'Bearer my-own' })).status).toBe(200)
      expect(second.received[0]!.headers).toMatchObject({ 'x-api-key': 'anthropic-key' })
    }
  })

  it('a client with a key of the gateway’s is, when the gateway’s own key was refused', async () => {
    const { first, ask } = await pair({}, [apiKeys([{ key: 'sk-one', name: 'one' }])])
    first.script({ ...broken, status: 401 })
    expect((await ask({}, { authorization: 'Bearer sk-one' })).status).toBe(200)
  })

  it('where the fallback fails as well the client gets that failure', async () => {
    const { first, second, ask } = await pair()
    first.script(broken)
    const error = { type: 'error', error: { type: 'rate_limit_error', message: 'slow down' } }
    second.script({ status: 429, json: error, headers: { 'retry-after': '7' } })
    const response = await ask()
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7'])
    expect(await response.json()).toMatchObject({ error: { message: 'slow down', type: 'rate_limit_error' } })
  })

  it.each([401, 402, 403])('that refuses the gateway’s own key with %i says nothing to the client', async status => {
    const { first, second, ask } = await pair()
    first.script({ ...broken, status: 529, headers: { 'retry-after': '7' } })
    second.script({ status, json: { type: 'error', error: { type: 'authentication_error', message: 'bad key' } } })
    const response = await ask()
    expect([response.status, response.headers.get('retry-after')]).toEqual([529, '7'])
    expect(await response.text()).not.toContain('bad key')
  })

  it('a fallback that cannot be asked for this is passed over, and the failure is the provider’s', async () => {
    const { first, second, ask } = await pair({}, [translate({ strict: true })])
    first.script({ ...broken, status: 429, headers: { 'retry-after': '7' } })
    const response = await ask({ logit_bias: { 1: 5 }, seed: 4 })
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7'])
    expect(second.received).toHaveLength(0)
  })

  it('a provider that cannot be asked for this is passed over for one that can', async () => {
    const swapped = definePlugin({
      name: 'swapped',
      setup: () => ({ route: { stage: 'late', handler: plan => [...plan].reverse() } }),
    })
    const { first, second, ask } = await pair({}, [translate({ strict: true }), swapped()])
    first.script(chat)
    const response = await ask({ logit_bias: { 1: 5 }, seed: 4 })
    expect([response.status, await textOf(response), second.received.length]).toEqual([200, 'Hello.', 0])
    first.script(broken)
    expect((await ask({ logit_bias: { 1: 5 }, seed: 4 })).status).toBe(503)
  })

  it('a stream that says nothing in time is taken over', async () => {
    const { first, ask, meters } = await pair({ first_content_ms: 150 })
    const [start] = ANSWERS['openai-chat'].stream
    first.script({ events: [start!], isHeld: true })
    const text = await (await ask({ stream: true })).text()
    expect(text).toContain('lo.')
    expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true)
    expect(meters.read('lunaroute_fallback_triggered_total')).toEqual(['openai anthropic timeout: 1'])
    expect(first.aborted).toBe(1)
  })

  it('a first attempt that could not be made is one that was skipped', async () => {
    const closed = definePlugin({
      name: 'closed',
      setup: () => ({
        route: {
          stage: 'late',
          handler: plan =>
            plan.map((attempt, i) =>
              i > 0
                ? attempt
                : {
                    ...attempt,
                    gates: [() => new GatewayError('TEST_CLOSED', 503, 'the gate of this test is closed')],
                  },
            ),
        },
      }),
    })
    const { first, ask, meters } = await pair({}, [closed()])
    expect((await ask()).status).toBe(200)
    expect(first.received).toHaveLength(0)
    expect(meters.read('lunaroute_fallback_triggered_total')).toEqual(['openai anthropic skipped: 1'])
  })

  it('what answers at once is passed on as it came', async () => {
    const { first, ask, meters } = await pair()
    first.script(chat)
    expect(await (await ask()).text()).toBe(JSON.stringify(chat.json))
    first.script({ events: ANSWERS['openai-chat'].stream })
    expect(await (await ask({ stream: true })).text()).toBe(ANSWERS['openai-chat'].stream.join(''))
    expect(meters.read('lunaroute_fallback_triggered_total')).toEqual([])
  })
})
