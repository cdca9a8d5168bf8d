import { definePlugin, type Plan } from 'lunaroute'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import fallback from '../../plugins/fallback/index.ts'
import retry from '../../plugins/retry/index.ts'
import translatePreset from '../../presets/translate.ts'
import type { DialectName } from '../support/dialects.ts'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { formatChunk, formatHead, type HeaderLine, headerOf } from '../support/http-message.ts'
import { type RawResponse, send, sendBytes } from '../support/raw-client.ts'
import { until } from '../support/until.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { answerWell, sideOf } from './faults.ts'
import { SIDES, type Side } from './sides.ts'

/** Each provider has two keys; each word is nowhere else. */
const HOSTS = ['openai', 'anthropic', 'gemini', 'stranger'] as const
type HostName = (typeof HOSTS)[number]
const keysOf = (host: HostName): readonly string[] => [`key-of-${host}-first`, `key-of-${host}-second`]

/** Every form in which a client may carry a credential, whichever dialect it belongs to. */
const CLIENT_HEADERS: readonly HeaderLine[] = [
  ['Authorization', 'Bearer client-canary-bearer'],
  ['X-Api-Key', 'client-canary-x-api-key'],
  ['x-goog-api-key', 'client-canary-goog'],
  ['Cookie', 'session=client-canary-cookie'],
  ['Proxy-Authorization', 'Basic client-canary-proxy'],
]
const CLIENT_QUERY = 'key=client-canary-query'

/** What a client of each dialect may send home, and nowhere else. */
const HOME: Readonly<Record<DialectName, { readonly host: HostName; readonly canaries: readonly string[] }>> = {
  'openai-chat': { host: 'openai', canaries: ['client-canary-bearer'] },
  'openai-responses': { host: 'openai', canaries: ['client-canary-bearer'] },
  'anthropic-messages': { host: 'anthropic', canaries: ['client-canary-x-api-key', 'client-canary-bearer'] },
  gemini: { host: 'gemini', canaries: ['client-canary-goog', 'client-canary-query', 'client-canary-bearer'] },
}

type Answer = 'well' | 'refusal' | 'redirect' | 'redirection' | 'echo' | 'told' | 'trailers' | 'reset'

const hosts = new Map<HostName, Upstream>()
const answers = new Map<HostName, Answer>()
let plan: Plan
let redirection = { status: 307, place: '' }
const sentences: string[] = []
let gateway: RunningGateway
const upstream = (host: HostName): Upstream => hosts.get(host)!

beforeAll(async () => {
  for (const host of HOSTS) {
    const started = await startUpstream(async (request, wire) => {
      await request.complete
      const answer = answers.get(host) ?? 'well'
      const head = request.rawHead.toString('latin1')
      const message = `incorrect key: ${head}`
      const json: HeaderLine = ['content-type', 'application/json']
      if (answer === 'reset') return wire.reset()
      if (answer === 'refusal') return wire.answer({ status: 503, headers: [json], body: '{"error":{"message":"no"}}' })
      if (answer === 'echo') {
        return wire.answer({ status: 401, headers: [json], body: JSON.stringify({ error: { message } }) })
      }
      if (answer === 'redirect') {
        const elsewhere = upstream(HOSTS[(HOSTS.indexOf(host) + 1) % HOSTS.length]!).url
        return wire.answer({ status: 307, headers: [['location', `${elsewhere}${request.target}`]], body: '' })
      }
      if (answer === 'redirection') {
        const { status, place } = redirection
        return wire.answer({ status, headers: [['location', place]], body: '' })
      }
      if (answer === 'told') {
        return wire.answer({ headers: [json], body: JSON.stringify({ error: { message, type: 'server_error' } }) })
      }
      if (answer === 'trailers') {
        const trailers: HeaderLine[] = [['x-location', upstream('stranger').url]]
        return wire.answer({ headers: [json], framing: 'chunked', body: '{"error":{"message":"no"}}', trailers })
      }
      return answerWell(sideOf(request, wire))
    })
    hosts.set(host, started)
  }
  const plans = definePlugin({
    name: 'plans',
    setup: () => ({
      route: () => plan,
      record: ({ error }) => {
        if (error) sentences.push(error.message)
      },
    }),
  })
  const provider = (host: HostName, more: object = {}) => ({ api_keys: [...keysOf(host)], ...more })
  gateway = await startGateway(
    {
      extends: [translatePreset],
      plugins: [plans(), fallback(), retry({ retries: 1, delay_ms: 0, budget_min_per_second: 1000 })],
      providers: {
        openai: provider('openai', { base_url: `${upstream('openai').url}/v1` }),
        anthropic: provider('anthropic', { base_url: upstream('anthropic').url }),
        gemini: provider('gemini', { base_url: upstream('gemini').url }),
        stranger: provider('stranger', { dialect: 'openai-chat', base_url: `${upstream('stranger').url}/v1` }),
      },
    },
    { level: 'trace' },
  )
})
afterAll(async () => {
  await gateway?.close()
  await Promise.all([...hosts.values()].map(each => each.close()))
})
beforeEach(() => {
  answers.clear()
  sentences.length = 0
  for (const { requests } of hosts.values()) requests.length = 0
  // Everywhere, with each key.
  plan = HOSTS.flatMap(host => [0, 1].map(key => ({ provider: host, key, headers: {} })))
})

function ask(side: Side, isStream: boolean, headers = CLIENT_HEADERS, query = CLIENT_QUERY): Promise<RawResponse> {
  const request = side.request('m', isStream)
  const target = `${request.target}${request.target.includes('?') ? '&' : '?'}${query}`
  return send(gateway.port, { ...request, target, headers: [...request.headers, ...headers] })
}

/** Everything a host was sent that is none of its business. */
function leaks(side?: Side): readonly string[] {
  return HOSTS.flatMap(host => {
    const home = side && HOME[side.name]
    const allowed = [...keysOf(host), ...(home?.host === host ? home.canaries : [])]
    return upstream(host).requests.flatMap(request => {
      const text = `${request.rawHead.toString('latin1')}${request.body()}`
      const found = text.match(/client-canary-[\w-]+|key-of-[\w-]+/g) ?? []
      return found.filter(each => !allowed.includes(each)).map(each => `${each} reached ${host}`)
    })
  })
}

const asked = (): number => [...hosts.values()].reduce((sum, { requests }) => sum + requests.length, 0)
const REQUESTS = SIDES.flatMap(side => [true, false].map(isStream => [side.name, isStream, side] as const))

describe.each(REQUESTS)('%s (stream: %s)', (_name, isStream, side) => {
  it.each([
    'refusal',
    'reset',
    'redirect',
    'told',
    'trailers',
  ] as const)('no credential reaches a host that it is not for when all answer with a %s', async answer => {
    for (const host of HOSTS) answers.set(host, answer)
    const response = await ask(side, isStream)
    expect(leaks(side)).toEqual([])
    // Each key had its turn, and each attempt but a redirect its retry.
    expect(asked()).toBeGreaterThanOrEqual(plan.length)
    expect(response.status).toBeGreaterThanOrEqual(answer === 'redirect' ? 300 : 400)
  })

  it('keys go out one after the other to their own host, where the client brings none', async () => {
    for (const host of HOSTS) answers.set(host, 'refusal')
    await ask(side, isStream, [], 'x=1')
    expect(leaks()).toEqual([])
    for (const host of HOSTS) {
      const sent = upstream(host).requests.map(request => request.rawHead.toString('latin1').match(/key-of-[\w-]+/g))
      expect(new Set(sent.flat()), host).toEqual(new Set(keysOf(host)))
    }
  })

  it('a redirect is not followed', async () => {
    const home = HOME[side.name].host
    answers.set(home, 'redirect')
    plan = [{ provider: home, headers: {} }]
    await ask(side, isStream)
    expect(asked()).toBe(1)
    expect(leaks(side)).toEqual([])
  })

  it('what a hostile host says of the keys it was sent gets into no log', async () => {
    for (const host of HOSTS) answers.set(host, 'echo')
    await ask(side, isStream)
    for (const host of HOSTS) answers.set(host, 'told')
    await ask(side, isStream)
    expect(gateway.logs().join('\n')).not.toMatch(/client-canary|key-of-/)
  })
})

it.each([301, 302, 303, 307, 308])('a client that follows redirects is led to no other host by a %i', async status => {
  const { port } = upstream('stranger')
  for (const place of [`http://127.0.0.1:${port}/v1/messages`, `//127.0.0.1:${port}/v1`, `/\\127.0.0.1:${port}/v1`]) {
    redirection = { status, place }
    answers.set('anthropic', 'redirection')
    plan = [{ provider: 'anthropic', headers: {} }]
    const response = await fetch(`${gateway.url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': 'client-canary-x-api-key' },
      body: '{"model":"m","max_tokens":5,"messages":[]}',
    })
    expect([response.status, upstream('stranger').requests.length], place).toEqual([502, 0])
    expect(await response.text()).toContain('LR_UPSTREAM_PROTOCOL')
  }
})

it('a hostile host learns nothing from the trailers of a request', async () => {
  const [side] = SIDES
  const request = side!.request('m', false)
  plan = [{ provider: 'stranger', headers: {} }]
  const head = formatHead(`POST ${request.target} HTTP/1.1`, [
    ['Host', `127.0.0.1:${gateway.port}`],
    ...request.headers,
    ['Transfer-Encoding', 'chunked'],
    ['Trailer', 'authorization'],
  ])
  const end = formatHead('0', [['authorization', 'Bearer client-canary-trailer']])
  await sendBytes(gateway.port, Buffer.concat([head, formatChunk(Buffer.from(request.body as string)), end]))
  expect([asked(), leaks()]).toEqual([1, []])
})

it('what a provider says passes as it is, even of its own key: it has it', async () => {
  const [side] = SIDES
  answers.set('openai', 'echo')
  plan = [{ provider: 'openai', headers: {} }]
  const response = await ask(side!, false, [], 'x=1')
  expect(response.status).toBe(401)
  expect(headerOf(response.headers, 'x-lunaroute-error-source')).toBe('upstream')
  expect(response.body.toString()).toContain('incorrect key')
})

it('but the sentence that the gateway makes of it, for records and logs, holds no key', async () => {
  const [side] = SIDES
  answers.set('openai', 'told')
  plan = [{ provider: 'openai', headers: {} }]
  for (const headers of [[], CLIENT_HEADERS]) await ask(side!, false, headers, 'x=1')
  await until(() => sentences.length >= 2, 'both are recorded')
  expect(sentences.join('\n')).toContain('incorrect key')
  expect(sentences.join('\n')).not.toMatch(/key-of-|client-canary-bearer/)
})
