import { describe, expect, it, onTestFinished } from 'vitest'
import { definePlugin, defineSlot, GatewayError, Type } from '../src/index.ts'
import { chunk, gateway, harness, wholeBody } from '../src/testing.ts'

const tag = definePlugin({
  name: 'tag',
  options: Type.Object({ text: Type.String({ minLength: 1 }) }),
  setup: ({ text }, api) => {
    const seen = api.keep('seen', () => ({ count: 0 }))
    return {
      ingress(exchange) {
        seen.count++
        exchange.setResponseHeader('X-Tag', text)
        api.log.info({ count: seen.count }, 'tagged')
        if (exchange.head.get('x-bad')) throw new GatewayError('TAG', 400, 'bad')
        if (exchange.head.path === '/v1/models') return { status: 200, body: text }
      },
      normalize: request => (request.isStream ? request.with({ tag: text }) : undefined),
      route: plan => plan.filter(each => each.provider !== text),
      egress: attempt => ({ ...attempt, headers: { ...attempt.headers, tag: text } }),
      streamChunk: each => (each.kind === 'body' ? each.with(`${text}: ${each.data}`) : null),
      record: exchange => void exchange.use(words).push(text),
    }
  },
})
const words = defineSlot('words', (): string[] => [])

async function tagged() {
  const h = await harness(tag({ text: 'a' }))
  onTestFinished(() => h.close())
  return h
}

describe('a harness', () => {
  it('calls each hook of the plugins', async () => {
    const h = await tagged()
    const request = h.request({ model: 'm', stream: true })
    const exchange = h.exchange(request)
    expect(await h.ingress(exchange)).toBeUndefined()
    expect(exchange.responseHeaders).toEqual({ 'x-tag': 'a' })
    expect((await h.normalize(request, exchange)).json()).toEqual({ model: 'm', stream: true, tag: 'a' })
    expect(await h.route([{ provider: 'a', headers: {} }], request, exchange)).toEqual([])
    expect(await h.egress({ headers: { b: '1' } }, request, exchange)).toMatchObject({
      headers: { b: '1', tag: 'a' },
      method: 'POST',
      path: '/v1/generate',
      body: request.bytes,
    })
    expect(h.streamChunk(chunk('x'), exchange)).toEqual([])
    expect(h.streamChunk(wholeBody('x'), exchange).map(each => each.data)).toEqual(['a: x'])
    await h.record(exchange)
    expect(exchange.use(words)).toEqual(['a'])
    expect(h.taps.ingress).toEqual(['tag'])
  })

  it('shows replies and refusals of ingress', async () => {
    const h = await tagged()
    const models = h.request('', { path: '/v1/models', method: 'GET' })
    expect(await h.ingress(h.exchange(models))).toEqual({ status: 200, body: 'a' })
    const bad = h.request({}, { headers: { 'X-Bad': '1' } })
    await expect(h.ingress(h.exchange(bad))).rejects.toMatchObject({ code: 'TAG', status: 400 })
  })

  it('keeps what plugins log, with their name', async () => {
    const h = await tagged()
    await h.ingress()
    expect(h.logs).toEqual([{ level: 'info', plugin: 'tag', message: 'tagged', fields: { count: 1 } }])
  })

  it('shares what plugins keep with the next generation', async () => {
    const h = await tagged()
    await h.ingress()
    const next = await h.reload(tag({ text: 'b' }))
    await h.close()
    await next.ingress()
    expect(next.logs).toMatchObject([{ fields: { count: 2 } }])
    await next.close()
  })

  it('checks options as the loader of configurations does', async () => {
    await expect(harness(tag({ text: '' }))).rejects.toThrow('option text of plugin "tag"')
    await expect(harness(tag({ text: 'a', more: 1 } as never))).rejects.toThrow('unknown key "more"')
  })

  it('speaks the first dialect its plugins bring, or the one asked for', async () => {
    const brought = (await harness()).request().dialect
    const other = definePlugin({
      name: 'other',
      dialects: [
        { ...brought, name: 'other', endpoints: brought.endpoints.map(each => ({ ...each, path: `/o${each.path}` })) },
      ],
      setup: () => ({}),
    })
    const h = await harness(definePlugin({ name: 'same', dialects: [brought], setup: () => ({}) })(), other())
    expect(h.request().dialect.name).toBe('test')
    expect(h.request({}, { dialect: 'other' })).toMatchObject({
      dialect: { name: 'other' },
      head: { path: '/o/v1/generate' },
    })
    expect(h.request({}, { path: '/o/v1/models/m:generate' })).toMatchObject({ model: 'm' })
    expect(() => h.request({}, { path: '/nowhere' })).toThrow('no dialect of this harness serves POST /nowhere')
  })

  it('hides credentials from plugins, and gives them to those that declare the capability', async () => {
    const seen: unknown[] = []
    const gate = definePlugin({
      name: 'gate',
      capabilities: ['credentials'],
      setup: (_options, api) => ({
        ingress: exchange => void seen.push(exchange.head.get('authorization'), ...api.credentials(exchange)),
      }),
    })
    const h = await harness(gate())
    await h.ingress(h.exchange(h.request({}, { headers: { authorization: 'Bearer k' } })))
    expect(seen).toEqual([undefined, { source: 'authorization', value: 'Bearer k' }])
    await h.close()
  })

  it('visits paths that no dialect serves', async () => {
    const page = definePlugin({
      name: 'page',
      setup: () => ({
        ingress: ({ head, request, endpoint }) =>
          head.path === '/page' && !request && !endpoint ? { status: 200, body: head.query } : undefined,
      }),
    })
    const h = await harness(page())
    expect(await h.ingress(h.visit('/page?a=1', { headers: { 'X-A': '1' } }))).toEqual({ status: 200, body: 'a=1' })
    expect(await h.ingress(h.visit('/other'))).toBeUndefined()
    await h.close()
  })

  it('lets a test play the attempts to observers', async () => {
    const ended: number[] = []
    const watch = definePlugin({
      name: 'watch',
      setup: () => ({
        ingress: exchange => exchange.observe({ attemptEnded: ({ number }) => void ended.push(number) }),
      }),
    })
    const h = await harness(watch())
    const exchange = h.exchange()
    await h.ingress(exchange)
    const rest = {
      startedAt: 0,
      answeredAt: undefined,
      endedAt: 1,
      toldStatus: undefined,
      head: undefined,
      key: undefined,
    }
    exchange.observers.attemptEnded({ provider: 'p', model: 'm', number: 7, status: 200, failure: undefined, ...rest })
    expect(ended).toEqual([7])
    await h.close()
  })
})

describe('a test gateway', () => {
  it('serves a config in front of scripted providers, by name', async () => {
    const providers = { second: { dialect: 'test', base_url: 'https://second.test/base' } }
    const toSecond = definePlugin({
      name: 'to-second',
      setup: () => ({ route: () => [{ provider: 'second', headers: {} }] }),
    })
    const g = await gateway(
      { providers, plugins: [toSecond()] },
      { upstream: ({ provider }) => ({ body: { provider } }) },
    )
    onTestFinished(() => g.close())
    expect(await (await g.post('/v1/generate', { model: 'm' })).json()).toEqual({ provider: 'second' })
    expect(g.received).toMatchObject([{ provider: 'second', path: '/base/generate' }])
    expect(g.received[0]!.json()).toEqual({ model: 'm' })
  })

  it('says what is wrong with a config', async () => {
    await expect(gateway({ plugins: [tag({ text: '' })] })).rejects.toThrow('option text of plugin "tag"')
  })
})
