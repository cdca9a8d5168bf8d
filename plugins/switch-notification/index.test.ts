// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates are what is tested
import { type Attempt, type Config, definePlugin, GatewayError } from 'lunaroute'
import { describe, expect, it, onTestFinished } from 'vitest'
import { gateway, harness, type Upstream } from '../../src/testing.ts'
import anthropic from '../anthropic/index.ts'
import circuitBreaker from '../circuit-breaker/index.ts'
import gemini from '../gemini/index.ts'
import openai from '../openai/index.ts'
import providerHealth from '../provider-health/index.ts'
import translate from '../translate/index.ts'
import config from './example.config.ts'
import switchNotification from './index.ts'
import { filled, isNotified } from './message.ts'

const CHAT = '/v1/chat/completions'
const HI = [{ role: 'user', content: 'Hi' }]
const answer = { choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }] }
const MESSAGE = '${original_provider}>${new_provider}: ${reason} (${model}) $${model} ${other}'

/** Goes to the providers in turn; a request may name them in a header, which also closes gates. */
const plan = definePlugin({
  name: 'plan',
  setup: () => ({
    route: (_plan, request): readonly Attempt[] =>
      (request?.head.get('x-plan') ?? 'one two').split(' ').map(each => ({
        provider: each.replace('!', ''),
        headers: {},
        fallbackOn: [429, 500],
        retry: { limit: 1, on: [500], delay: 1 },
        ...(each === 'two' && { model: 'other' }),
        ...(each.endsWith('!') && { gates: [() => new GatewayError('LR_NO_PROVIDER', 503, 'open')] }),
      })),
  }),
})

type Options = Parameters<typeof switchNotification>[0]

function withOptions(options: Options): Config {
  return {
    plugins: [
      openai(),
      anthropic(),
      gemini(),
      plan(),
      switchNotification({ default_message: MESSAGE, ...options }),
      translate(),
    ],
    providers: {
      one: { dialect: ['openai-chat', 'openai-responses'], base_url: 'https://one.test/v1' },
      two: { dialect: ['openai-chat', 'openai-responses'], base_url: 'https://two.test/v1' },
      three: { dialect: 'anthropic-messages', base_url: 'https://three.test' },
    },
  }
}

const failing =
  (status: number): Upstream =>
  ({ provider }) =>
    provider === 'one' ? { status } : { body: answer }

describe('a switch', () => {
  it.each([
    [429, 'high demand', 2],
    [500, 'a temporary service issue', 3],
  ])('after a %i is told with its reason: %s', async (status, reason, attempts) => {
    const g = await start(withOptions({}), failing(status))
    await g.post(CHAT, { model: 'm', messages: HI })
    expect(g.received).toHaveLength(attempts)
    for (const { body } of g.received.slice(0, -1)) expect(JSON.parse(body.toString()).messages).toEqual(HI)
    expect(JSON.parse(g.received.at(-1)!.body.toString())).toEqual({
      model: 'other',
      messages: [{ role: 'user', content: `one>two: ${reason} (other) \${model} \${other}` }, ...HI],
    })
  })

  it('past a provider that was not tried is for maintenance', async () => {
    const g = await start(withOptions({}))
    await g.post(CHAT, { model: 'm', messages: HI }, { 'x-plan': 'one! two' })
    expect(g.received[0]!.provider).toBe('two')
    expect(g.received[0]!.body.toString()).toContain('one>two: service maintenance')
  })

  it('past a provider whose circuit is open, or that is unhealthy, is for maintenance', async () => {
    for (const guard of [circuitBreaker({ failure_threshold: 1 }), providerHealth()]) {
      const { plugins = [], ...rest } = withOptions({})
      const g = await start({ ...rest, plugins: [guard, ...plugins] }, failing(500))
      await (await g.post(CHAT, { model: 'm', messages: HI })).text()
      await (await g.post(CHAT, { model: 'm', messages: HI })).text()
      expect(g.received.at(-2)!.provider).toBe('two')
      expect(g.received.at(-2)!.body.toString()).toContain('one>two: a temporary service issue')
      expect(g.received.at(-1)!.body.toString()).toContain('one>two: service maintenance')
    }
  })

  it('to a provider of another dialect is told there, with that provider’s own message', async () => {
    const given = withOptions({ role: 'system' })
    const three = { ...given.providers!.three, switch_notification_message: 'I am ${new_provider}' }
    const g = await start({ ...given, providers: { ...given.providers, three } }, failing(500))
    await g.post(CHAT, { model: 'm', messages: HI }, { 'x-plan': 'one three' })
    const { system, messages } = JSON.parse(g.received.at(-1)!.body.toString())
    expect(JSON.stringify(system)).toContain('I am three')
    expect(messages).toHaveLength(1)
  })

  it.each<[string, unknown]>([
    ['/v1/responses', { model: 'm', input: 'Hi' }],
    [CHAT, { model: 'm', messages: HI, stream: true }],
  ])('is told in %s too', async (path, body) => {
    const g = await start(withOptions({}), failing(429))
    await g.post(path, body)
    expect(g.received.at(-1)!.body.toString()).toContain('one>two: high demand')
  })
})

describe('no switch', () => {
  it.each<[what: string, path: string, plan: string, upstream: Upstream]>([
    ['is an answer of the first provider', CHAT, 'one two', () => ({ body: answer })],
    ['is another try at the first', CHAT, 'one one', failing(500)],
    ['is made for embeddings', '/v1/embeddings', 'one two', failing(429)],
  ])('%s: the bytes stay', async (_, path, names, upstream) => {
    const g = await start(withOptions({}), upstream)
    const body = '{ "messages":[ {"role":"user","content":"x"}], "input":"x" }'
    await g.post(path, body, { 'x-plan': names })
    expect(g.received.length).toBeGreaterThan(0)
    for (const each of g.received) expect(each.body.toString().replace(',"model":"other"', '')).toBe(body)
  })

  it('nothing is tapped when it is not enabled', async () => {
    const h = await harness(openai(), switchNotification({ enabled: false }))
    expect(Object.values(h.taps).flat()).not.toContain('switch-notification')
    await h.close()
  })
})

describe('the message', () => {
  it('is not added where another gateway did, whatever that called its providers', async () => {
    const first = await start(
      withOptions({ default_message: `${'A message of some length. '.repeat(2)}\${reason}` }),
      failing(429),
    )
    await first.post(CHAT, { model: 'm', messages: HI })
    const sent = first.received.at(-1)!.body.toString()
    expect(JSON.parse(sent).messages).toHaveLength(2)
    await first.post(CHAT, sent, { 'x-plan': 'one! two' })
    expect(JSON.parse(first.received.at(-1)!.body.toString()).messages).toEqual(JSON.parse(sent).messages)
  })

  it('is known by its fixed words where these are long enough, and else by all of it', () => {
    const body = (text: string) => Buffer.from(JSON.stringify({ messages: [{ content: text }] }))
    const long = 'These words are "fixed" and long enough: ${reason}.'
    expect(isNotified(body('These words are "fixed" and long enough: x.'), long, 'anything')).toBe(true)
    expect(isNotified(body('Now: x.'), 'Now: ${reason}', 'Now: y.')).toBe(false)
    expect(isNotified(body('Now: y.'), 'Now: ${reason}', 'Now: y.')).toBe(true)
    expect(isNotified(body('whole'), 'whole', 'whole')).toBe(true)
    expect(isNotified(body('other'), 'whole', 'whole')).toBe(false)
  })

  it('puts no variable into a variable', () => {
    const variables = { original_provider: 'a', new_provider: 'b', reason: 'c', model: '${reason} $& $1' }
    expect(filled('${model}|$${model}|${nope}', variables)).toBe('${reason} $& $1|${model}|${nope}')
  })

  it('is the example’s for its provider', async () => {
    const h = await harness(openai(), anthropic(), plan(), switchNotification({ providers: {} }))
    const exchange = h.exchange(h.request({ model: 'm', messages: HI }, { dialect: 'openai-chat' }))
    const attempts = await h.route([], exchange.request!, exchange)
    const sent = await h.egress(attempts[1]!, exchange.request!, exchange)
    expect(JSON.stringify(sent.request.json())).toContain('IMPORTANT: Before you answer')
    expect(config.providers?.anthropic?.switch_notification_message).toContain('${original_provider} is busy')
    await h.close()
  })
})

describe('a session that goes on elsewhere', () => {
  it('is told of once, where that is asked for, and by no other caller or session', async () => {
    const g = await start(withOptions({ follow_sessions: true }))
    const ask = async (session: string, names: string) => {
      await (await g.post(CHAT, { model: 'm', messages: HI }, { 'session-id': session, 'x-plan': names })).text()
      return g.received.at(-1)!.body.toString().includes('a change of route')
    }
    expect(await ask('s1', 'one')).toBe(false)
    expect(await ask('s1', 'two')).toBe(true)
    expect(await ask('s1', 'two')).toBe(false)
    expect(await ask('s2', 'one')).toBe(false)
    expect(g.received[1]!.body.toString()).toContain('one>two')
  })

  it('is not told of otherwise', async () => {
    const g = await start(withOptions({}))
    for (const names of ['one', 'two']) {
      await g.post(CHAT, { model: 'm', messages: HI }, { 'session-id': 's', 'x-plan': names })
    }
    expect(g.received.map(({ body }) => JSON.parse(body.toString()).messages.length)).toEqual([1, 1])
  })
})

it('a message for a provider that nobody configured is a mistake', async () => {
  const plugin = switchNotification({ providers: { opnai: {} } })
  await expect(harness(openai(), plugin)).rejects.toThrow('no provider is called "opnai" (did you mean "openai"?)')
})

async function start(given: Config, upstream: Upstream = () => ({ body: answer })) {
  const g = await gateway(given, { upstream })
  onTestFinished(() => g.close())
  return g
}
