import { type Config, definePlugin, routeSlot } from 'lunaroute'
import { expect, it, onTestFinished } from 'vitest'
import { gateway, harness, type Upstream } from '../../src/testing.ts'
import anthropic from '../anthropic/index.ts'
import bypass from '../bypass/index.ts'
import openai from '../openai/index.ts'
import translate from '../translate/index.ts'
import config from './example.config.ts'
import servedBy from './index.ts'

const CHAT = '/v1/chat/completions'
const answer = { choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }] }
const messages = [{ role: 'user', content: 'hello' }]
const message = { type: 'message', role: 'assistant', model: 'm', content: [{ type: 'text', text: 'hi' }] }

/** A first provider, and a second one behind it under another model. */
const plan = definePlugin({
  name: 'plan',
  setup: () => ({
    route(_plan, request, exchange) {
      if (request === null) return undefined
      exchange.use(routeSlot).id = 'rule-7'
      return [
        { provider: 'one', headers: {}, fallbackOn: [500], retry: { limit: 1, on: [500], delay: 1 } },
        { provider: 'two', headers: {}, model: 'other' },
      ]
    },
  }),
})

const two: Config = {
  plugins: [openai(), anthropic(), bypass(), plan(), translate(), servedBy()],
  providers: {
    one: { dialect: 'openai-chat', base_url: 'https://one.test/v1' },
    two: { dialect: 'anthropic-messages', base_url: 'https://two.test' },
  },
}

it('a first attempt that answers is told of', async () => {
  const g = await start(
    { ...config, providers: { local: { dialect: 'openai-chat', base_url: 'https://local.test/v1' } } },
    () => ({ body: answer }),
  )
  const reply = await g.post(CHAT, { model: 'fast', messages })
  expect(told(reply)).toEqual({ provider: 'local', model: 'qwen3:8b', attempts: '1', route: null })
})

it.each([false, true])('the last of several attempts is told of, translated and with stream: %s', async stream => {
  const g = await start(two, ({ provider }) => (provider === 'one' ? { status: 500 } : { body: message }))
  const reply = await g.post(CHAT, { model: 'm', messages, stream })
  expect(reply.status).toBe(200)
  expect(told(reply)).toEqual({ provider: 'two', model: 'other', attempts: '3', route: 'rule-7' })
})

it("a provider's error and the gateway's own have the headers", async () => {
  const refused = await start(two, ({ provider }) => ({ status: provider === 'one' ? 400 : 200 }))
  const refusal = await refused.post(CHAT, { model: 'm', messages })
  expect(refusal.status).toBe(400)
  expect(told(refusal)).toEqual({ provider: 'one', model: 'm', attempts: '1', route: 'rule-7' })

  const dead = await start(two, (_request, response) => void response.socket?.destroy())
  const failure = await dead.post(CHAT, { model: 'm', messages })
  expect(failure.headers.get('x-lunaroute-error-source')).toBe('gateway')
  expect(told(failure)).toEqual({ provider: 'two', model: 'other', attempts: '2', route: 'rule-7' })
})

it('a refusal before any attempt names no provider', async () => {
  const g = await start(two, () => ({ body: answer }))
  const reply = await g.post(CHAT, 'no JSON')
  expect(reply.status).toBe(400)
  expect(told(reply)).toEqual({ provider: null, model: null, attempts: null, route: null })
})

it('a path that no dialect serves has a provider and no model', async () => {
  const g = await start({ plugins: [openai(), bypass(), servedBy()] }, () => ({ body: {} }))
  expect(told(await g.fetch('/v1/files'))).toEqual({ provider: 'openai', model: null, attempts: '1', route: null })
})

it('a model of any characters makes a header', async () => {
  const h = await harness(openai(), servedBy())
  const exchange = h.exchange()
  await h.ingress(exchange)
  const model = `ä💡\n\ud800${'x'.repeat(300)}`
  exchange.observers.attemptStarted({ provider: 'one', model, number: 1, key: undefined })
  expect(exchange.responseHeaders['x-lunaroute-model']).toMatch(/^%C3%A4%F0%9F%92%A1%0A%EF%BF%BDx{190,200}$/)
  await h.close()
})

it('sends only the headers that are asked for', async () => {
  const g = await start({ ...two, plugins: [two.plugins, servedBy({ headers: ['attempts'] })] as never }, () => ({}))
  expect(told(await g.post(CHAT, { model: 'm', messages }))).toEqual({
    provider: null,
    model: null,
    attempts: '1',
    route: null,
  })
})

async function start(given: Config, upstream: Upstream) {
  const g = await gateway(given, { upstream })
  onTestFinished(() => g.close())
  return g
}

function told({ headers }: Response) {
  const names = ['provider', 'model', 'attempts', 'route']
  return Object.fromEntries(names.map(name => [name, headers.get(`x-lunaroute-${name}`)]))
}
