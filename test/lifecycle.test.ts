import { once } from 'node:events'
import { connect } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Config } from '../src/config/define.ts'
import {
  type Attempt,
  type AttemptOutcome,
  definePlugin,
  defineSlot,
  GatewayError,
  type Handlers,
  type Observer,
  type PluginOption,
} from '../src/index.ts'
import { JsonRequest } from '../src/json-request.ts'
import { type GatewayOptions, gateway, type Upstream } from '../src/testing.ts'
import { Recorder } from './support/recorder.ts'

const PATH = '/v1/generate'
const BODY = '{ "model" : "m",  "n":1.0 }'

async function start(plugins: readonly PluginOption[], upstream?: Upstream, more: Config & GatewayOptions = {}) {
  const { env, ...config } = more
  const recorder = new Recorder()
  const given = { ...config, plugins: [recorder.plugin(), ...plugins] }
  const running = await gateway(given, { ...(upstream && { upstream }), ...(env && { env }) })
  onTestFinished(() => running.close())
  return Object.assign(running, { recorder })
}

const tapping = (hooks: Partial<Handlers>, name = 'tap') => definePlugin({ name, setup: () => hooks as never })()

const attempt = (provider: string, more: Partial<Attempt> = {}): Attempt => ({ provider, headers: {}, ...more })

const DEAD = { dialect: 'test', base_url: 'http://127.0.0.1:1', http_client: { max_retries: 0 } }
const SECOND = { dialect: 'test', base_url: 'https://second.test' }

describe('an exchange that nobody touches', () => {
  it('passes byte for byte both ways', async () => {
    const answer = '{"answer" : 1.0,  "x":"\\u00e9"}'
    const g = await start([], () => ({ status: 201, headers: { 'X-Own': 'Yes' }, body: answer }))
    const response = await g.post(`${PATH}?a=%20b&c`, BODY)
    expect([response.status, response.headers.get('x-own'), await response.text()]).toEqual([201, 'Yes', answer])
    expect(g.received).toMatchObject([{ method: 'POST', path: `${PATH}?a=%20b&c` }])
    expect(g.received[0]!.body.toString()).toBe(BODY)
    expect(await g.recorder.one()).toMatchObject({ outcome: 'ok', error: undefined, attempts: [{ status: 201 }] })
  })

  it('has its body looked into by nobody', async () => {
    const asked = [
      vi.spyOn(JsonRequest.prototype, 'model', 'get'),
      vi.spyOn(JsonRequest.prototype, 'modelLabel', 'get'),
      vi.spyOn(JsonRequest.prototype, 'isStream', 'get'),
      vi.spyOn(JsonRequest.prototype, 'peek'),
    ]
    onTestFinished(() => asked.forEach(each => void each.mockRestore()))
    const g = await gateway({}, { upstream: () => ({ stream: ['data: 1\n\n', 'data: 2\n\n'] }) })
    onTestFinished(() => g.close())
    expect(await (await g.post(PATH, BODY)).text()).toBe('data: 1\n\ndata: 2\n\n')
    for (const each of asked) expect(each).not.toHaveBeenCalled()
  })

  it('carries an id on its response that record knows', async () => {
    const g = await start([])
    const response = await g.post(PATH, BODY)
    expect((await g.recorder.one()).id).toBe(response.headers.get('x-lunaroute-request-id'))
  })
})

describe('record runs exactly once', () => {
  const cases: [what: string, outcome: string, plugins: PluginOption[], upstream: Upstream, status: number][] = [
    ['after an answer', 'ok', [], () => ({ body: {} }), 200],
    ['after a stream', 'ok', [], () => ({ stream: ['data: 1\n\n', 'data: 2\n\n'] }), 200],
    ['after a reply of a plugin', 'ok', [tapping({ ingress: () => ({ status: 200 }) })], () => ({}), 200],
    ['after a refusing reply', 'rejected', [tapping({ ingress: () => ({ status: 429 }) })], () => ({}), 429],
    [
      'after a refusal',
      'rejected',
      [tapping({ ingress: () => Promise.reject(new GatewayError('NO', 401, 'no')) })],
      () => ({}),
      401,
    ],
    [
      'after a refusal by normalize',
      'rejected',
      [tapping({ normalize: () => Promise.reject(new GatewayError('NO', 422, 'no')) })],
      () => ({}),
      422,
    ],
    ['after a plugin failed', 'error', [tapping({ ingress: () => Promise.reject(new Error('x')) })], () => ({}), 500],
    [
      'after a plugin failed in route',
      'error',
      [tapping({ route: () => Promise.reject(new Error('x')) })],
      () => ({}),
      500,
    ],
    [
      'after a plugin failed in egress',
      'error',
      [tapping({ egress: () => Promise.reject(new Error('x')) })],
      () => ({}),
      500,
    ],
    ['after an empty plan', 'error', [tapping({ route: () => [] })], () => ({}), 503],
    ['after a plan that names nobody', 'error', [tapping({ route: () => [attempt('ghost')] })], () => ({}), 503],
    ['after a refusal of the provider', 'error', [], () => ({ status: 400, body: {} }), 400],
    ['after a failure of the provider', 'error', [], () => ({ status: 500, body: 'oops' }), 500],
    ['after a provider that hangs up', 'error', [], (_request, response) => void response.destroy(), 502],
  ]
  it.each(cases)('%s: %s', async (_what, outcome, plugins, upstream, status) => {
    const g = await start(plugins, upstream)
    const response = await g.post(PATH, BODY)
    await response.text()
    expect(response.status).toBe(status)
    expect((await g.recorder.one()).outcome).toBe(outcome)
    await g.fetch('/v1/models')
    expect((await g.recorder.finished(2)).length).toBe(2)
  })

  it('after a refusal by the core: rejected', async () => {
    const g = await start([])
    const refused = [
      await g.post(PATH, ''),
      await g.post(PATH, '[]'),
      await g.post(PATH, BODY, { 'content-type': 'text/plain' }),
      await g.fetch(PATH, { method: 'PUT' }),
      await g.fetch('/nowhere'),
    ]
    expect(refused.map(each => each.status)).toEqual([400, 400, 415, 405, 404])
    const exchanges = await g.recorder.finished(5)
    expect(exchanges.map(each => each.outcome)).toEqual(Array(5).fill('rejected'))
    expect(exchanges.map(each => each.error?.code)).toEqual([
      'LR_BAD_JSON',
      'LR_BAD_JSON',
      'LR_CONTENT_TYPE',
      'LR_METHOD',
      'LR_NOT_FOUND',
    ])
  })

  it('after a provider broke off its response: error, and the client sees the break', async () => {
    const g = await start([], (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: 1\n\n', () => response.destroy())
      return undefined
    })
    const response = await g.post(PATH, BODY)
    await expect(response.text()).rejects.toThrow()
    expect(await g.recorder.one()).toMatchObject({
      outcome: 'error',
      error: { code: 'LR_UPSTREAM_CUT' },
      attempts: [{ status: 200, failure: 'cut' }],
    })
  })

  it('after a plugin failed in the middle of a stream: error', async () => {
    const failing = tapping({
      streamChunk(chunk) {
        if (chunk.data === '2') throw new Error('boom')
      },
    })
    const g = await start([failing], () => ({ stream: ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n'] }))
    const response = await g.post(PATH, BODY)
    await expect(response.text()).rejects.toThrow()
    expect(await g.recorder.one()).toMatchObject({ outcome: 'error', error: { plugin: 'tap', hook: 'streamChunk' } })
    expect(g.logs.join('')).toContain('boom')
  })

  it.each(['waiting', 'in the middle of a stream'])('after the client left while %s: cancelled', async when => {
    const leave = new AbortController()
    let isUpstreamClosed: Promise<unknown> | undefined
    const g = await start([], (_request, response) => {
      isUpstreamClosed = once(response, 'close')
      if (when === 'waiting') leave.abort()
      else response.write('data: 1\n\n')
      return undefined
    })
    const request = g.fetch(PATH, { method: 'POST', body: BODY, headers: JSON_TYPE, signal: leave.signal })
    if (when !== 'waiting') {
      await request
      leave.abort()
    }
    await request.catch(() => undefined)
    expect(await g.recorder.one()).toMatchObject({ outcome: 'cancelled', attempts: [{ failure: 'cancelled' }] })
    await isUpstreamClosed
  })

  it.each([
    'ingress',
    'normalize',
    'route',
    'egress',
  ] as const)('after the client left during %s: cancelled, with the signal aborted and nothing sent', async hook => {
    let enter = (): void => undefined
    const entered = new Promise<void>(resolve => {
      enter = resolve
    })
    const patient = tapping({
      [hook]: async (...args: unknown[]) => {
        const exchange = args.at(-1) as { signal: AbortSignal }
        enter()
        if (!exchange.signal.aborted) await once(exchange.signal, 'abort')
      },
    })
    const g = await start([patient])
    const leave = new AbortController()
    const request = g.fetch(PATH, { method: 'POST', body: BODY, headers: JSON_TYPE, signal: leave.signal })
    await entered
    leave.abort()
    await request.catch(() => undefined)
    expect(await g.recorder.one()).toMatchObject({ outcome: 'cancelled', attempts: [] })
    await turn()
    expect(g.received).toEqual([])
  })

  it('after the client left in the middle of its own body', async () => {
    const g = await start([])
    const socket = connect(Number(new URL(g.url).port), '127.0.0.1')
    const head = `POST ${PATH} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n`
    socket.write(`${head}content-type: application/json\r\n\r\n{"model"`)
    await once(socket, 'connect')
    await turn()
    socket.destroy()
    expect((await g.recorder.one()).attempts).toEqual([])
    expect(g.recorder.exchanges).toHaveLength(1)
  })
})

const JSON_TYPE = { 'content-type': 'application/json' }

describe('broken JSON that nobody looked at', () => {
  it('goes to the provider as it is, whose answer comes back', async () => {
    const g = await start([], () => ({ status: 400, body: { error: 'your JSON is broken' } }))
    const response = await g.post(PATH, '{"model": }')
    expect([response.status, await response.json()]).toEqual([400, { error: 'your JSON is broken' }])
    expect(g.received[0]!.body.toString()).toBe('{"model": }')
    const exchange = await g.recorder.one()
    expect(exchange).toMatchObject({ outcome: 'error', attempts: [{ status: 400, model: undefined }] })
    expect([exchange.request?.model, exchange.session]).toEqual([undefined, undefined])
  })

  it('is refused when a provider cannot be reached, and when a plan changes its model', async () => {
    const g = await start([], undefined, { providers: { test: DEAD } })
    expect((await g.post(PATH, '{"model": }')).status).toBe(502)
    const changing = await start([tapping({ route: () => [attempt('test', { model: 'n' })] })])
    expect((await changing.post(PATH, '{"model": }')).status).toBe(400)
  })
})

describe('a reply of ingress', () => {
  it('is sent as text, bytes or JSON, with its headers, and the rest does not run', async () => {
    let ran = 0
    const bodies = ['text', Buffer.from('bytes'), { json: true }, undefined]
    const replying = tapping({ ingress: () => ({ status: 203, headers: { 'x-by': 'us' }, body: bodies.shift()! }) })
    const g = await start([replying, tapping({ normalize: () => void ran++, egress: () => void ran++ }, 'rest')])
    const texts: string[] = []
    for (let i = 0; i < 4; i++) {
      const response = await g.post(PATH, BODY)
      expect([response.status, response.headers.get('x-by')]).toEqual([203, 'us'])
      texts.push(await response.text())
    }
    expect(texts).toEqual(['text', 'bytes', '{"json":true}', ''])
    expect([ran, g.received.length]).toEqual([0, 0])
  })

  it('answers paths that nothing else serves', async () => {
    const page = tapping({
      ingress: ({ head }) => (head.path === '/status' ? { status: 200, body: 'fine' } : undefined),
    })
    const g = await start([page])
    expect(await (await g.fetch('/status')).text()).toBe('fine')
    expect((await g.fetch('/other')).status).toBe(404)
  })

  it('that cannot be sent is an error, and the gateway lives on', async () => {
    const bad = tapping({ ingress: () => ({ status: 200, headers: { 'x-bad': 'two\nlines' } }) })
    const g = await start([bad])
    expect((await g.post(PATH, BODY)).status).toBe(500)
    expect((await g.recorder.one()).outcome).toBe('error')
  })
})

describe('a response header of a plugin', () => {
  it('goes out with answers and with refusals', async () => {
    const adding = tapping({ ingress: exchange => exchange.setResponseHeader('x-added', 'yes') })
    const g = await start([adding])
    expect((await g.post(PATH, BODY)).headers.get('x-added')).toBe('yes')
    expect((await g.fetch('/nowhere')).headers.get('x-added')).toBe('yes')
  })

  it.each([
    ['x-bad', 'two\nlines'],
    ['x-none', undefined as never],
    ['x bad', 'yes'],
  ])('that HTTP does not allow is the fault of the plugin (%s: %j), though another was good before', async (name, bad) => {
    const adding = tapping({
      ingress(exchange) {
        exchange.setResponseHeader('x-bad', 'one line')
        exchange.setResponseHeader(name, bad)
      },
    })
    const g = await start([adding])
    const response = await g.post(PATH, BODY)
    expect([response.status, await response.json()]).toMatchObject([500, { error: { code: 'LR_PLUGIN' } }])
  })
})

it("an error with a header HTTP does not allow still ends its client's request", async () => {
  const headers = { 'retry-after': 'two\nlines' }
  const g = await start([tapping({ ingress: () => Promise.reject(new GatewayError('NO', 429, 'no', { headers })) })])
  await expect(g.post(PATH, BODY)).rejects.toThrow()
  expect((await g.recorder.one()).error).toMatchObject({ code: 'NO' })
})

describe('a plan', () => {
  const routed = (...plan: Attempt[]) => tapping({ route: () => plan })

  it('begins as one attempt at the home of the dialect', async () => {
    let seen: unknown
    const g = await start([
      tapping({
        route(plan) {
          seen = plan
        },
      }),
    ])
    await g.post(PATH, BODY)
    expect(seen).toEqual([{ provider: 'test', headers: {} }])
  })

  it('goes on to the next attempt when one cannot be reached', async () => {
    const g = await start([routed(attempt('dead'), attempt('test'))], undefined, { providers: { dead: DEAD } })
    expect((await g.post(PATH, BODY)).status).toBe(200)
    expect(await g.recorder.one()).toMatchObject({
      outcome: 'ok',
      attempts: [
        { provider: 'dead', number: 1, failure: 'connect', status: undefined },
        { provider: 'test', number: 2, failure: undefined, status: 200 },
      ],
    })
  })

  it('goes on at a status that the attempt falls back on, and at no other', async () => {
    const plan = [attempt('test', { fallbackOn: [429] }), attempt('second')]
    const statuses = [429, 200, 500]
    const g = await start([routed(...plan)], () => ({ status: statuses.shift()!, body: {} }), {
      providers: { second: SECOND },
    })
    expect((await g.post(PATH, BODY)).status).toBe(200)
    expect((await g.post(PATH, BODY)).status).toBe(500)
    expect(g.received.map(each => each.provider)).toEqual(['test', 'second', 'test'])
  })

  it('that ends passes the last answer on, whatever it is', async () => {
    const plan = [attempt('test', { fallbackOn: [429] }), attempt('second', { fallbackOn: [429] })]
    const g = await start([routed(...plan)], ({ provider }) => ({ status: 429, body: provider }), {
      providers: { second: SECOND },
    })
    const response = await g.post(PATH, BODY)
    expect([response.status, await response.text()]).toEqual([429, 'second'])
  })

  it('retries what its attempt says, as often as it says', async () => {
    const retry = { limit: 2, on: [503], delay: 1 }
    const g = await start([routed(attempt('test', { retry }))], () => ({ status: 503, body: {} }))
    expect((await g.post(PATH, BODY)).status).toBe(503)
    expect((await g.recorder.one()).attempts.map(each => each.number)).toEqual([1, 2, 3])
  })

  it('adds the headers of its attempt', async () => {
    const g = await start([routed(attempt('test', { headers: { 'X-Team': 'a' } }))])
    await g.post(PATH, BODY, { 'x-team': 'client' })
    expect(g.received[0]!.headers['x-team']).toBe('a')
  })

  it('may change the model, and then nothing else of the body', async () => {
    const g = await start([routed(attempt('test', { model: 'other' }))])
    await g.post(PATH, BODY)
    expect(g.received[0]!.body.toString()).toBe('{ "model" : "other",  "n":1.0 }')
    expect((await g.recorder.one()).attempts[0]!.model).toBe('other')
  })

  it('may change the model that stands in a path', async () => {
    const g = await start([routed(attempt('test', { model: 'other' }))])
    await g.post('/v1/models/m:generate?x=1', BODY)
    expect(g.received[0]!.path).toBe('/v1/models/other:generate?x=1')
    expect(g.received[0]!.body.toString()).toBe(BODY)
  })

  it('with another model does not touch requests that have none', async () => {
    const g = await start([routed(attempt('test', { model: 'other' }))])
    await g.fetch('/v1/models')
    expect(g.received).toMatchObject([{ method: 'GET', path: '/v1/models', body: Buffer.alloc(0) }])
  })

  it('gives up an attempt that takes too long in all, and the next one answers', async () => {
    const plan = [attempt('test', { timeouts: { total: 20 } }), attempt('second')]
    const hanging: Upstream = ({ provider }) => (provider === 'second' ? { body: {} } : undefined)
    const g = await start([routed(...plan)], hanging, { providers: { second: SECOND } })
    expect((await g.post(PATH, BODY)).status).toBe(200)
    expect((await g.recorder.one()).attempts).toMatchObject([{ failure: 'timeout' }, { status: 200 }])
  })

  it('cuts a response that takes too long in all, which counts as cut and not as cancelled', async () => {
    const g = await start([routed(attempt('test', { timeouts: { total: 40 } }))], (_request, response) => {
      response.write('data: 1\n\n')
      return undefined
    })
    const response = await g.post(PATH, BODY)
    await expect(response.text()).rejects.toThrow()
    expect(await g.recorder.one()).toMatchObject({
      outcome: 'error',
      error: { code: 'LR_UPSTREAM_TIMEOUT' },
      attempts: [{ failure: 'cut' }],
    })
  })
})

describe('a credential', () => {
  const keyed = { env: { TEST_API_KEY: 'ours' }, providers: { second: { ...SECOND, api_key: 'second key' } } }
  const plan = tapping({ route: ([home]) => [{ ...home!, fallbackOn: [500] }, attempt('second')] })

  it("of the client goes home, and never to another provider's host", async () => {
    const g = await start([plan], ({ provider }) => ({ status: provider === 'test' ? 500 : 200, body: {} }), keyed)
    await g.post(PATH, BODY, { 'x-test-key': "client's own", authorization: 'Bearer x', cookie: 'c' })
    expect(g.received.map(each => each.headers['x-test-key'])).toEqual(["client's own", 'second key'])
    expect(g.received.map(each => each.headers['authorization'] ?? each.headers['cookie'])).toEqual([
      undefined,
      undefined,
    ])
  })

  it('in the query is treated alike', async () => {
    const g = await start([plan], ({ provider }) => ({ status: provider === 'test' ? 500 : 200, body: {} }), keyed)
    await g.post(`${PATH}?a=1&test_key=secret&b=2`, BODY)
    expect(g.received.map(each => each.path)).toEqual([`${PATH}?a=1&test_key=secret&b=2`, `${PATH}?a=1&b=2`])
    expect(g.received.map(each => each.headers['x-test-key'])).toEqual([undefined, 'second key'])
  })

  it("is the provider's configured key where the client has none", async () => {
    const g = await start([], undefined, keyed)
    await g.post(PATH, BODY)
    expect(g.received[0]!.headers['x-test-key']).toBe('ours')
  })

  it('that a plugin claims for the gateway goes nowhere, and the configured key takes its place', async () => {
    const gate = definePlugin({
      name: 'gate',
      capabilities: ['credentials'],
      setup: (_options, api) => ({ ingress: exchange => api.withholdCredentials(exchange) }),
    })
    const g = await start([gate()], undefined, keyed)
    await g.post(`${PATH}?test_key=ticket`, BODY, { 'x-test-key': 'ticket' })
    expect(g.received).toMatchObject([{ path: PATH, headers: { 'x-test-key': 'ours' } }])
  })

  it('can be tested for by plugins, but not read', async () => {
    const seen: unknown[] = []
    const curious = tapping({
      ingress({ head }) {
        seen.push(head.has('x-test-key'), head.get('x-test-key'), head.get('authorization'), head.query)
      },
      egress: ({ headers }) => void seen.push('x-test-key' in headers),
    })
    const g = await start([curious], undefined, keyed)
    await g.post(`${PATH}?test_key=secret`, BODY, { 'x-test-key': 'k', authorization: 'Bearer x' })
    expect(seen).toEqual([true, undefined, undefined, 'test_key=***', false])
  })

  it('is read with the capability, and refused without', async () => {
    const seen: unknown[] = []
    const reading = definePlugin({
      name: 'gate',
      capabilities: ['credentials'],
      setup: (_options, api) => ({ ingress: exchange => void seen.push(...api.credentials(exchange)) }),
    })
    const prying = definePlugin({
      name: 'prying',
      setup: (_options, api) => ({ ingress: exchange => void api.credentials(exchange) }),
    })
    const g = await start([reading()])
    await g.post(`${PATH}?test_key=q`, BODY, { 'x-test-key': 'k' })
    expect(seen).toEqual([
      { source: 'x-test-key', value: 'k' },
      { source: '?test_key', value: 'q' },
    ])
    expect((await (await start([prying()])).post(PATH, BODY)).status).toBe(500)
  })
})

describe('egress', () => {
  it('sees what leaves, and sends a changed copy', async () => {
    const changing = tapping({
      egress: given => ({
        ...given,
        path: `${given.path}?x=1`,
        headers: { ...given.headers, 'x-new': '1' },
        body: Buffer.from('{"other":true}'),
      }),
    })
    const g = await start([changing])
    await g.post(PATH, BODY, { 'X-Own': 'kept' })
    expect(g.received).toMatchObject([{ path: `${PATH}?x=1`, headers: { 'x-new': '1', 'x-own': 'kept' } }])
    expect(g.received[0]!.body.toString()).toBe('{"other":true}')
    expect(g.received[0]!.headers['content-length']).toBe('14')
  })

  it('runs once for each try', async () => {
    let runs = 0
    const plan = [attempt('test', { retry: { limit: 1, on: [503], delay: 1 }, fallbackOn: [503] }), attempt('second')]
    const g = await start(
      [tapping({ route: () => plan, egress: () => void runs++ })],
      ({ provider }) => ({ status: provider === 'test' ? 503 : 200, body: {} }),
      { providers: { second: SECOND } },
    )
    await g.post(PATH, BODY)
    expect(runs).toBe(3)
  })
})

describe('normalize and streamChunk', () => {
  it('change the request and the response', async () => {
    const g = await start(
      [
        tapping({
          normalize: request => request.withModel('other'),
          streamChunk: chunk => [chunk, chunk.with('extra')],
        }),
      ],
      () => ({ stream: ['data: 1\n\nda', 'ta: 2\n\n'] }),
    )
    const response = await g.post(PATH, BODY)
    expect(await response.text()).toBe('data: 1\n\ndata: extra\n\ndata: 2\n\ndata: extra\n\n')
    expect((await g.recorder.one()).request?.model).toBe('other')
  })

  it('see a response that is no stream as one chunk', async () => {
    const g = await start(
      [tapping({ streamChunk: chunk => chunk.with({ ...(chunk.json() as object), b: 2 }) })],
      () => ({
        body: { a: 1 },
      }),
    )
    expect(await (await g.post(PATH, BODY)).json()).toEqual({ a: 1, b: 2 })
  })

  it('do not see paths that no dialect serves, whose body streams through', async () => {
    let ran = 0
    const forward = tapping({
      normalize: () => void ran++,
      streamChunk: () => void ran++,
      route: (plan, request, { endpoint }) => (!request && !endpoint ? [...plan, attempt('test')] : plan),
    })
    const g = await start([forward], ({ body }) => ({ body }))
    const response = await g.fetch('/v1/unknown?x=1', { method: 'POST', body: 'anything', headers: { 'x-a': 'b' } })
    expect(await response.text()).toBe('anything')
    expect(g.received).toMatchObject([{ path: '/v1/unknown?x=1', headers: { 'x-a': 'b' } }])
    expect(ran).toBe(0)
  })
})

describe('a path that no dialect serves', () => {
  const forward = (...plan: Attempt[]) => tapping({ route: (_plan, request) => (request ? undefined : plan) })
  const post = (body: string) => ({ method: 'POST', body })

  it('goes on to the next attempt while its body has not been touched', async () => {
    const g = await start([forward(attempt('dead'), attempt('test'))], ({ body }) => ({ body }), {
      providers: { dead: DEAD },
    })
    expect(await (await g.fetch('/v1/unknown', post('x'.repeat(100_000)))).text()).toHaveLength(100_000)
    expect(await (await g.fetch('/v1/unknown')).text()).toBe('')
  })

  it('does not go on once its body has left, for it cannot be sent again', async () => {
    const plan = forward(attempt('test', { fallbackOn: [500] }), attempt('second'))
    const g = await start([plan], () => ({ status: 500, body: {} }), { providers: { second: SECOND } })
    expect((await g.fetch('/v1/unknown', post('anything'))).status).toBe(500)
    expect(g.received.map(each => each.provider)).toEqual(['test'])
  })

  it('does go on when it has no body', async () => {
    const plan = forward(attempt('test', { fallbackOn: [500] }), attempt('second'))
    const g = await start([plan], ({ provider }) => ({ status: provider === 'test' ? 500 : 200, body: {} }), {
      providers: { second: SECOND },
    })
    expect((await g.fetch('/v1/unknown')).status).toBe(200)
  })
})

describe('a slot', () => {
  it('belongs to one exchange and lasts from ingress to record', async () => {
    const count = defineSlot('count', () => ({ n: 0 }))
    const totals: number[] = []
    const counting = tapping({
      ingress: exchange => void exchange.use(count).n++,
      streamChunk: (_chunk, exchange) => void exchange.use(count).n++,
      record: exchange => void totals.push(exchange.use(count).n),
    })
    const g = await start([counting], () => ({ stream: ['data: 1\n\ndata: 2\n\n'] }))
    for (let i = 0; i < 2; i++) await (await g.post(PATH, BODY)).text()
    await g.recorder.finished(2)
    await turn()
    expect(totals).toEqual([3, 3])
  })
})

describe('an observer', () => {
  const observed = (observer: Observer) => tapping({ ingress: exchange => exchange.observe(observer) })

  it('hears of attempts as they happen and of the bytes that went out', async () => {
    const heard: unknown[] = []
    const plan = tapping({ route: () => [attempt('dead'), attempt('test')] }, 'plan')
    const observer: Observer = {
      attemptStarted: ({ provider, number }) => void heard.push(`start ${number} ${provider}`),
      attemptEnded: (each: AttemptOutcome) => void heard.push(`end ${each.number} ${each.failure ?? each.status}`),
      responseStarted: head => void heard.push(`head ${head.status} ${head.get('content-type')}`),
      responseBytes: bytes => void heard.push(Buffer.from(bytes).toString()),
    }
    const g = await start([observed(observer), plan], () => ({ body: '{}' }), { providers: { dead: DEAD } })
    await (await g.post(PATH, BODY)).text()
    await g.recorder.one()
    expect(heard).toEqual([
      'start 1 dead',
      'end 1 connect',
      'start 2 test',
      'head 200 application/json',
      '{}',
      'end 2 200',
    ])
  })

  it('that throws is taken off, and nobody notices', async () => {
    let calls = 0
    const g = await start([
      observed({
        attemptStarted() {
          calls++
          throw new Error('boom')
        },
        responseBytes: () => void calls++,
      }),
    ])
    expect((await g.post(PATH, BODY)).status).toBe(200)
    await g.recorder.one()
    expect(calls).toBe(1)
    expect(g.logs.join('')).toContain('an observer failed and was taken off')
  })
})

describe('an observer of every exchange', () => {
  const observing = (observer: Observer) =>
    definePlugin({
      name: 'listener',
      setup: (_, api) => {
        api.observe(observer)
        return {}
      },
    })()

  it('hears the same, and of which exchange it is', async () => {
    const heard: unknown[] = []
    const observer: Observer = {
      requestBody: (body, { id }) => void heard.push([id, Buffer.from(body).toString()]),
      attemptStarted: ({ number }, { id }) => void heard.push([id, `start ${number}`]),
      attemptAnswered: ({ number }, { status }, { id }) => void heard.push([id, `answer ${number} ${status}`]),
      attemptEnded: ({ number, status }, { id }) => void heard.push([id, `end ${number} ${status}`]),
      responseStarted: ({ status }, { id }) => void heard.push([id, `head ${status}`]),
      responseBytes: (bytes, { id }) => void heard.push([id, Buffer.from(bytes).toString()]),
    }
    const g = await start([observing(observer)], () => ({ body: '{}' }))
    const ids: (string | null)[] = []
    for (const _ of [1, 2]) {
      const response = await g.post(PATH, BODY)
      ids.push(response.headers.get('x-lunaroute-request-id'))
      await response.text()
      await g.recorder.one()
    }
    const story = [BODY, 'start 1', 'answer 1 200', 'head 200', '{}', 'end 1 200']
    expect(heard).toEqual(ids.flatMap(id => story.map(each => [id, each])))
  })

  it('is told when an answer began to be passed on, and of a refusal that it did not', async () => {
    const ended: AttemptOutcome[] = []
    const plan = tapping({ route: () => [attempt('test', { fallbackOn: [500] }), attempt('second')] }, 'plan')
    const upstream: Upstream = ({ provider }) => (provider === 'test' ? { status: 500, body: {} } : { body: {} })
    const observer: Observer = { attemptEnded: outcome => void ended.push(outcome) }
    const g = await start([observing(observer), plan], upstream, { providers: { second: SECOND } })
    expect((await g.post(PATH, BODY)).status).toBe(200)
    await g.recorder.one()
    expect(ended).toMatchObject([{ status: 500, answeredAt: undefined }, { status: 200 }])
    const { startedAt, answeredAt, endedAt } = ended[1]!
    expect(answeredAt).toBeGreaterThan(startedAt)
    expect(answeredAt).toBeLessThanOrEqual(endedAt)
  })

  it('that throws is named in the log, and hears of the next event all the same', async () => {
    let calls = 0
    const boom = () => {
      calls++
      throw new Error('boom')
    }
    const g = await start([observing({ attemptStarted: boom, attemptEnded: boom })])
    expect((await g.post(PATH, BODY)).status).toBe(200)
    await g.recorder.one()
    expect(calls).toBe(2)
    expect(g.logs.join('')).toMatch(/"plugin":"listener".*failed as it observed attemptStarted/)
  })

  it('is asked for in setup, and cannot be later', async () => {
    const late = definePlugin({
      name: 'late',
      setup: (_, api) => ({
        ingress: () => {
          api.observe({})
        },
      }),
    })
    const g = await start([late()])
    expect((await g.post(PATH, BODY)).status).toBe(500)
    expect(g.logs.join('')).toContain('api.observe is for setup; later there is exchange.observe')
  })
})
