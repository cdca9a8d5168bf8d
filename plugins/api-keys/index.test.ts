import { createHash } from 'node:crypto'
import { type Config, callerSlot } from 'lunaroute'
import { describe, expect, it, onTestFinished } from 'vitest'
import { loadConfig } from '../../src/config/load-config.ts'
import { gateway, harness } from '../../src/testing.ts'
import anthropic from '../anthropic/index.ts'
import openai from '../openai/index.ts'
import config from './example.config.ts'
import apiKeys from './index.ts'
import { KeyRing } from './key-ring.ts'

const CHAT = '/v1/chat/completions'

async function start(given: Config = config, env = { OPENAI_API_KEY: 'sk-ours' }) {
  const g = await gateway(given, { env })
  onTestFinished(() => g.close())
  return g
}

describe('a request', () => {
  it('with a key goes on with the key of the gateway', async () => {
    const g = await start()
    const reply = await g.post(CHAT, { model: 'm' }, { authorization: 'Bearer sk-gateway-001' })
    expect(reply.status).toBe(200)
    expect(g.received[0]!.headers.authorization).toBe('Bearer sk-ours')
  })

  it.each(['bearer sk-gateway-001', 'Bearer  sk-gateway-001', 'sk-gateway-001'])('may say %j', async authorization => {
    const g = await start()
    expect((await g.post(CHAT, { model: 'm' }, { authorization })).status).toBe(200)
  })

  it('sends no key where the gateway has none', async () => {
    const g = await start(config, {} as never)
    await g.post(CHAT, { model: 'm' }, { authorization: 'Bearer sk-gateway-001', 'x-api-key': 'sk-other' })
    expect(g.received[0]!.headers).not.toHaveProperty('authorization')
    expect(g.received[0]!.headers).not.toHaveProperty('x-api-key')
  })

  it.each([
    {},
    { authorization: '' },
    { authorization: 'Bearer ' },
    { authorization: 'Bearer sk-gateway-002' },
    { authorization: 'Basic sk-gateway-001' },
    { 'x-own': 'sk-gateway-001' },
  ])('with %j is refused', async headers => {
    const g = await start()
    const reply = await g.post(CHAT, { model: 'm' }, headers)
    expect([reply.status, await reply.json()]).toMatchObject([401, { error: { code: 'LR_UNAUTHORIZED' } }])
    expect(reply.headers.get('www-authenticate')).toBe('Bearer')
    expect(g.received).toEqual([])
  })

  it('at a path that no dialect serves is asked for a key as well', async () => {
    const g = await start()
    expect((await g.fetch('/anything')).status).toBe(401)
    expect((await g.fetch('/health')).status).toBe(200)
  })
})

it('says who was let in, with a hash that gives no key away', async () => {
  const h = await harness(anthropic(), apiKeys([{ key: 'sk-one', name: 'one' }]))
  const exchange = h.exchange(h.request({ model: 'm' }, { headers: { 'x-api-key': 'sk-one' } }))
  await h.ingress(exchange)
  const keyHash = createHash('sha256').update('sk-one').digest('hex').slice(0, 8)
  expect(exchange.use(callerSlot)).toEqual({ name: 'one', keyHash })
  expect(exchange.areCredentialsWithheld).toBe(true)
  await h.close()
})

it('warns where no key is enabled, and refuses all', async () => {
  const h = await harness(openai(), apiKeys([{ key: 'a', name: 'a', enabled: false }]))
  expect(h.logs).toMatchObject([{ level: 'warn', plugin: 'api-keys' }])
  await expect(h.ingress(h.visit('/v1/models'))).rejects.toMatchObject({ status: 401 })
  await h.close()
})

it('refuses a key that stands twice, and does not repeat it', async () => {
  const keys = ['a', 'b'].map(name => ({ key: 'sk-twice', name }))
  const load = loadConfig({ cwd: '/', home: '/', env: {}, config: { plugins: [openai(), apiKeys(keys)] } })
  const error = await load.catch(each => each as Error)
  expect(String(error)).toContain('is the key of an earlier entry')
  expect(String(error)).not.toContain('sk-twice')
})

it('a ring finds what it holds, whatever the key looks like', () => {
  const ring = new KeyRing([
    { key: '__proto__', name: 'odd' },
    { key: 'ключ', name: 'far' },
  ])
  expect(ring.find('__proto__')?.name).toBe('odd')
  expect(ring.find('ключ')?.name).toBe('far')
  expect(ring.find('constructor')).toBeUndefined()
})
