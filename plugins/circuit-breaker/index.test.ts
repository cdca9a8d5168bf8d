import { type Attempt, defineConfig, definePlugin, meterService, providerStatusService } from 'lunaroute'
import { gateway, harness, type Upstream } from 'lunaroute/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { until } from '../../test/support/until.ts'
import anthropic from '../anthropic/index.ts'
import fallback from '../fallback/index.ts'
import gemini from '../gemini/index.ts'
import health from '../health/index.ts'
import openai from '../openai/index.ts'
import circuitBreaker from './index.ts'

const CHAT = '/v1/chat/completions'

/** Tries openai, then anthropic, whatever the answer. */
const both = definePlugin({
  name: 'both',
  setup: () => ({
    route: (): Attempt[] => [
      { provider: 'openai', headers: {}, fallbackOn: [500] },
      { provider: 'anthropic', headers: {} },
    ],
  }),
})

describe('in a gateway', () => {
  const options = { failure_threshold: 2, success_threshold: 1, timeout_secs: 0.3 }
  const config = defineConfig({ plugins: [openai(), anthropic(), circuitBreaker(options)] })

  it('refuses in the client’s dialect with retry-after while every circuit is open, then probes and recovers', async () => {
    let status = 500
    const g = await gateway(config, { upstream: () => ({ status, body: {} }) })
    onTestFinished(() => g.close())
    const chat = async () => (await g.post(CHAT, { model: 'm' })).status
    expect([await chat(), await chat()]).toEqual([500, 500])
    const refused = await g.post(CHAT, { model: 'm' })
    expect([
      refused.status,
      refused.headers.get('retry-after'),
      refused.headers.get('x-lunaroute-error-source'),
    ]).toEqual([503, '1', 'gateway'])
    expect(await refused.json()).toMatchObject({ error: { code: 'LR_CIRCUIT_OPEN' } })
    expect(g.received).toHaveLength(2)
    status = 200
    await expect.poll(chat).toBe(200)
    expect(g.received).toHaveLength(3)
  })

  it.each([
    ['/v1/messages', { type: 'error', error: { details: { error_code: 'LR_CIRCUIT_OPEN' } } }],
    ['/v1/responses', { error: { code: 'LR_CIRCUIT_OPEN' } }],
    ['/v1beta/models/m:generateContent', { error: { code: 503, status: 'UNAVAILABLE' } }],
    ['/v1beta/models/m:streamGenerateContent?alt=sse', { error: { code: 503, status: 'UNAVAILABLE' } }],
  ])('speaks the dialect of %s, too', async (path, error) => {
    const plugins = [openai(), anthropic(), gemini(), circuitBreaker(options)]
    const g = await gateway({ plugins }, { upstream: () => ({ status: 529, body: {} }) })
    onTestFinished(() => g.close())
    const ask = () => g.post(path, { model: 'm', contents: [] }, { 'anthropic-version': '2023-06-01' })
    await ask()
    await ask()
    const refused = await ask()
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await refused.json()).toMatchObject(error)
  })

  it.each([
    false,
    true,
  ])('a client that leaves a probe (stream: %s) at its beginning leaves it to the next', async stream => {
    let mode: 'fails' | 'hangs' | 'works' = 'fails'
    const upstream: Upstream = (_request, response) => {
      if (mode === 'hangs') {
        // The head alone: a response that is held back, or whose body does not come.
        response.writeHead(200, { 'content-type': stream ? 'text/event-stream' : 'application/json' })
        response.flushHeaders()
        return undefined
      }
      return mode === 'fails' ? { status: 500, body: {} } : { body: {} }
    }
    const g = await gateway({ plugins: [openai(), fallback(), circuitBreaker(options)] }, { upstream })
    onTestFinished(() => g.close())
    const ask = (signal?: AbortSignal) =>
      g.fetch(CHAT, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'm', stream }),
        ...(signal && { signal }),
      })
    const status = async () => (await ask()).status
    await until(async () => (await status()) === 503, 'the circuit opens')
    mode = 'hangs'
    const before = g.received.length
    const leaving = new AbortController()
    const waiting = () =>
      ask(leaving.signal).then(
        response => response.status,
        () => 'left',
      )
    let probe = waiting()
    await until(async () => {
      if (g.received.length > before) return true
      if ((await Promise.race([probe, Promise.resolve(0)])) === 503) probe = waiting()
      return false
    }, 'the probe arrives')
    expect(await status()).toBe(503)
    leaving.abort()
    expect(await probe).toBe('left')
    mode = 'works'
    await expect.poll(status).toBe(200)
    expect(await status()).toBe(200)
  })

  it('goes on to the next attempt of the plan, and survives a reload', async () => {
    const plugins = [openai(), anthropic(), both(), circuitBreaker({ failure_threshold: 2 })]
    const g = await gateway(
      { plugins },
      { upstream: ({ provider }) => ({ status: provider === 'openai' ? 500 : 200 }) },
    )
    onTestFinished(() => g.close())
    const chat = async () => (await g.post(CHAT, { model: 'm' })).status
    expect([await chat(), await chat(), await chat()]).toEqual([200, 200, 200])
    await g.reload({ plugins: [...plugins.slice(0, 3), circuitBreaker({ failure_threshold: 9 })] })
    expect(await chat()).toBe(200)
    expect(g.received.filter(each => each.provider === 'openai')).toHaveLength(2)
    expect(g.logs.some(line => line.includes('the circuit of openai is open'))).toBe(true)
  })

  it('forgets the circuit of a provider that was taken out, and of one that moved', async () => {
    const settings = { failure_threshold: 1, timeout_secs: 60 }
    const plugins = [openai(), anthropic(), circuitBreaker(settings), health()]
    let status = 500
    const config = { plugins, providers: { anthropic: { base_url: 'http://127.0.0.1:9' } } }
    const g = await gateway(config, { upstream: () => ({ status, body: {} }) })
    onTestFinished(() => g.close())
    const chat = async () => (await g.post(CHAT, { model: 'm' })).status
    const ask = async () => (await g.post('/v1/messages', { model: 'm' }, { 'anthropic-version': '1' })).status
    const ready = async () =>
      JSON.stringify(((await (await g.fetch('/readyz')).json()) as { statuses: unknown }).statuses)
    expect([await chat(), await chat(), await ask(), await ask()]).toEqual([500, 503, 502, 503])
    // Where an edit is refused, nothing is forgotten.
    await g.reload({ plugins: [anthropic(), circuitBreaker(settings), 5 as never] }).catch(() => undefined)
    expect(await chat()).toBe(503)
    // The one that is still there is at its own address again.
    await g.reload({ plugins: [anthropic(), circuitBreaker(settings), health()] })
    status = 200
    expect(await ready()).not.toContain('circuits are open')
    expect(await ask()).toBe(200)
    await g.reload({ plugins })
    expect(await chat()).toBe(200)
  })

  it('counts streams that break off in the middle', async () => {
    const cut = async function* () {
      yield 'data: {}\n\n'
      await new Promise(resolve => setTimeout(resolve, 5))
      throw new Error('cut')
    }
    const g = await gateway(config, { upstream: () => ({ stream: cut() }) })
    onTestFinished(() => g.close())
    const stream = () => g.post(CHAT, { model: 'm', stream: true }).then(response => response.text())
    await expect(stream()).rejects.toThrow()
    await expect(stream()).rejects.toThrow()
    expect((await g.post(CHAT, { model: 'm' })).status).toBe(503)
  })

  it('never counts what clients do wrong', async () => {
    const g = await gateway(config, { upstream: () => ({ status: 400, body: {} }) })
    onTestFinished(() => g.close())
    for (let i = 0; i < 5; i++) expect((await g.post(CHAT, { model: 'm' })).status).toBe(400)
    expect(g.received).toHaveLength(5)
  })

  it('with a circuit for each model leaves the others alone', async () => {
    const plugins = [openai(), circuitBreaker({ failure_threshold: 1, per: 'model' })]
    const upstream = ({ json }: { json(): unknown }) => ({
      status: (json() as { model: string }).model === 'bad' ? 500 : 200,
    })
    const g = await gateway({ plugins }, { upstream })
    onTestFinished(() => g.close())
    const chat = async (model: string) => (await g.post(CHAT, { model })).status
    expect([await chat('bad'), await chat('bad'), await chat('good')]).toEqual([500, 503, 200])
  })

  it('sends one probe at a time, and a client that leaves frees its place', async () => {
    let isDown = true
    let release: () => void = () => undefined
    const held = new Promise<void>(resolve => {
      release = resolve
    })
    const upstream = async () => {
      if (isDown) return { status: 500 }
      await held
      return { status: 200 }
    }
    const g = await gateway({ plugins: [openai(), circuitBreaker(options)] }, { upstream })
    onTestFinished(() => g.close())
    const chat = (signal?: AbortSignal) =>
      g.fetch(CHAT, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"model":"m"}',
        ...(signal && { signal }),
      })
    await chat()
    await chat()
    isDown = false
    const leaving = new AbortController()
    const arrived = () => until(() => g.received.length === 3, 'the probe arrives', 20_000)
    let probe: Promise<unknown> = Promise.resolve()
    for (let isUnderWay = false; !isUnderWay; ) {
      probe = chat(leaving.signal).catch(() => 'left')
      isUnderWay = await Promise.race([probe.then(() => false), arrived().then(() => true)])
    }
    expect((await chat()).status).toBe(503)
    expect(g.received).toHaveLength(3)
    leaving.abort()
    expect(await probe).toBe('left')
    release()
    await expect.poll(async () => (await chat()).status).toBe(200)
  })
})

it('is seen in meters and in the status of providers', async () => {
  let read: () => unknown = () => undefined
  const looker = definePlugin({
    name: 'looker',
    setup: (_options, api) => {
      read = () => ({
        families: Object.fromEntries(api.offers(meterService).map(each => [each.name, [...each.read()]])),
        openai: api.offers(providerStatusService).map(each => each('openai')),
      })
      return {}
    },
  })
  const h = await harness(openai(), anthropic(), looker(), circuitBreaker({ failure_threshold: 1 }))
  onTestFinished(() => h.close())
  const request = h.request({ model: 'm' }, { dialect: 'openai-chat' })
  const exchange = h.exchange(request)
  await h.route([{ provider: 'openai', headers: {} }], request, exchange)
  const started = { provider: 'openai', model: 'm', number: 1, key: 0 }
  exchange.observers.attemptStarted(started)
  const ended = {
    startedAt: 0,
    answeredAt: undefined,
    endedAt: 1,
    status: 500,
    failure: undefined,
    toldStatus: undefined,
    head: undefined,
  }
  exchange.observers.attemptEnded({ ...started, ...ended })
  expect(read()).toMatchObject({
    families: {
      lunaroute_circuit_breaker_state: [
        { labels: { provider: 'openai' }, value: 1 },
        { labels: { provider: 'anthropic' }, value: 0 },
      ],
      lunaroute_circuit_breaker_transitions_total: [
        { labels: { provider: 'openai', from_state: 'closed', to_state: 'open' }, value: 1 },
      ],
    },
    openai: [{ circuit: 'open', circuits: [{ next_probe_in_seconds: 60 }] }],
  })
})
