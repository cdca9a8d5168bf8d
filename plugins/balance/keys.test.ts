import type { PluginOption } from 'lunaroute'
import { gateway, type TestGateway } from 'lunaroute/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import admin from '../admin/index.ts'
import fallback from '../fallback/index.ts'
import openai from '../openai/index.ts'
import balance from './index.ts'

const CHAT = '/v1/chat/completions'
type Options = Parameters<typeof balance>[0]
type Upstream = NonNullable<Parameters<typeof gateway>[1]>['upstream']

const two = { dialect: 'openai-chat', base_url: 'https://two.test/v1', api_key: 'sk-two' }

async function start(
  options: Options,
  upstream: Upstream = () => ({ body: {} }),
  providers: object,
  others: readonly PluginOption[] = [],
) {
  const plugins = [openai(), admin(), others, balance(options)]
  const g = await gateway({ plugins, providers: { two, ...providers } as never }, { upstream })
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

describe('keys', () => {
  const keyed = { openai: { api_keys: ['sk-a', 'sk-b', 'sk-c'] } }
  const used = (g: TestGateway) => g.received.map(each => each.headers['authorization']?.replace('Bearer sk-', ''))

  it('of a provider take turns', async () => {
    const g = await start({}, undefined, keyed)
    await ask(g, 4)
    expect(used(g)).toEqual(['a', 'b', 'c', 'a'])
  })

  it.each([
    401, 402, 403,
  ])('that are answered %i are left out, and the next one answers the same request', async status => {
    const g = await start(
      {},
      ({ headers }) => ({ status: headers['authorization']?.endsWith('a') ? status : 200 }),
      keyed,
    )
    for (let i = 0; i < 3; i++) expect((await chat(g)).status).toBe(200)
    expect(used(g).filter(each => each === 'a')).toHaveLength(1)
    expect(await (await g.fetch('/admin/providers')).json()).toMatchObject({
      providers: expect.arrayContaining([
        expect.objectContaining({ name: 'openai', key_states: { total: 3, usable: 2, cooling: 0, dead: 1 } }),
      ]),
    })
    expect(g.logs.join()).toContain('refuses key 1 of 3')
    expect(g.logs.join()).not.toContain('sk-a')
  })

  it('have their turn until one is good', async () => {
    const isGood = (key: string | undefined) => key?.endsWith('e')
    const many = { openai: { api_keys: ['sk-a', 'sk-b', 'sk-c', 'sk-d', 'sk-e'] } }
    const g = await start({}, ({ headers }) => ({ status: isGood(headers['authorization']) ? 200 : 401 }), many)
    expect([(await chat(g)).status, (await chat(g)).status]).toEqual([200, 200])
    expect(used(g)).toEqual(['a', 'b', 'c', 'd', 'e', 'e'])
  })

  it('are not tried one after the other where it is the provider that fails', async () => {
    const others = [fallback({ providers: { openai: ['two'] } })]
    const upstream: Upstream = ({ headers }) => ({
      status: headers['authorization']?.endsWith('two') ? 200 : 503,
      body: {},
    })
    const g = await start({}, upstream, keyed, others)
    for (let i = 0; i < 2; i++) expect((await chat(g)).status).toBe(200)
    expect(used(g)).toEqual(['a', 'two', 'b', 'two'])
  })

  it('that a provider refuses, before it fails for itself, do not keep another model of it from being asked', async () => {
    const chains = { m: [{ provider: 'openai', model: 'other' }] }
    const upstream: Upstream = ({ headers, body }) => {
      if (headers['authorization']?.endsWith('a')) return { status: 401 }
      return { status: body.includes('other') ? 200 : 503, body: {} }
    }
    const g = await start({}, upstream, keyed, [fallback({ chains })])
    expect((await chat(g)).status).toBe(200)
    expect(used(g)).toEqual(['a', 'b', 'b'])
  })

  it('are left out for what is told inside a 200, too', async () => {
    const error = { error: { message: 'slow down', type: 'requests', code: 'rate_limit_exceeded' } }
    const upstream: Upstream = ({ headers }) => ({
      headers: { 'content-type': 'application/json' },
      body: headers['authorization']?.endsWith('a') ? error : { choices: [{ message: { content: 'Hi' } }] },
    })
    const g = await start({ keys: { rotation: 'first' } }, upstream, keyed, [fallback()])
    for (let i = 0; i < 2; i++) expect(await (await chat(g)).text()).toContain('Hi')
    expect(used(g)).toEqual(['a', 'b', 'b'])
  })

  it('that are limited cool down for as long as they are told', async () => {
    let isLimited = true
    const upstream: Upstream = ({ headers }) =>
      isLimited && headers['authorization']?.endsWith('a') ? { status: 429, headers: { 'retry-after': '0.3' } } : {}
    const g = await start({ keys: { rotation: 'first' } }, upstream, keyed)
    await chat(g)
    await chat(g)
    expect(used(g)).toEqual(['a', 'b', 'b'])
    isLimited = false
    await expect
      .poll(async () => {
        await chat(g)
        return used(g).at(-1)
      })
      .toBe('a')
  })

  it('that are all dead leave the last word to the provider, and come back after dead_secs', async () => {
    let status = 401
    const g = await start({ keys: { dead_secs: 0.3 } }, () => ({ status, body: {} }), keyed)
    const first = await chat(g)
    expect([first.status, first.headers.get('x-lunaroute-error-source')]).toEqual([401, 'upstream'])
    expect(g.received).toHaveLength(3)
    expect((await chat(g)).status).toBe(401)
    expect(g.received).toHaveLength(4)
    expect(await (await g.fetch('/admin/balance')).json()).toMatchObject({ state: 'degraded' })
    status = 200
    await expect
      .poll(async () => ((await (await g.fetch('/admin/balance')).json()) as { state: string }).state)
      .toBe('ok')
    expect((await chat(g)).status).toBe(200)
  })

  it('never take the place of a client’s own credential, whatever it is answered', async () => {
    const g = await start({}, () => ({ status: 401, body: {} }), keyed)
    const reply = await chat(g, { model: 'm' }, { authorization: 'Bearer sk-client' })
    expect(reply.status).toBe(401)
    expect(used(g)).toEqual(['client'])
    const states = (await (await g.fetch('/admin/balance')).json()) as { details: { keys: object } }
    expect(states.details.keys).toEqual({ openai: { total: 3, usable: 3, cooling: 0, dead: 0 } })
  })

  it('stick to a session where asked to', async () => {
    const g = await start({ keys: { rotation: 'sticky' } }, undefined, keyed)
    for (let i = 0; i < 9; i++) await ask(g, 2, { model: 'm', user: `user ${i}` })
    const pairs = used(g)
    for (let i = 0; i < pairs.length; i += 2) expect(pairs[i]).toBe(pairs[i + 1])
    expect(new Set(pairs).size).toBeGreaterThan(1)
  })

  it('are tried before another target of the group is', async () => {
    const pair = [{ provider: 'openai' }, { provider: 'two' }]
    const upstream: Upstream = ({ headers }) => ({ status: headers['authorization']?.endsWith('two') ? 200 : 429 })
    const g = await start(
      { groups: { g: { targets: pair, strategy: 'limits-alternative', models: ['*'] } } },
      upstream,
      keyed,
    )
    expect([(await chat(g)).status, (await chat(g)).status]).toEqual([200, 200])
    expect(used(g)).toEqual(['a', 'b', 'c', 'two', 'two'])
  })
})
