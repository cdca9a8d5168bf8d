import http from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import local from '../../presets/local.ts'
import type { Config } from '../../src/config/define.ts'
import { freePort } from '../../test/support/free-port.ts'
import { providersAt, type ServingGateway, serve, startUpstream, type Upstream } from '../../test/support/serving.ts'
import bypass from './index.ts'

let gateway: ServingGateway
let upstreams: Readonly<Record<'openai' | 'anthropic' | 'gemini' | 'other', Upstream>>
beforeEach(async () => {
  const started = await Promise.all([startUpstream(), startUpstream(), startUpstream(), startUpstream()])
  upstreams = { openai: started[0], anthropic: started[1], gemini: started[2], other: started[3] }
})
afterEach(async () => {
  await Promise.all([gateway.close(), ...Object.values(upstreams).map(each => each.close())])
})

async function start(config: Config = {}, env: NodeJS.ProcessEnv = {}) {
  const { openai } = providersAt(upstreams.openai.url)
  const { anthropic } = providersAt(upstreams.anthropic.url)
  const { gemini } = providersAt(upstreams.gemini.url)
  const other = { dialect: 'openai-chat', base_url: upstreams.other.url, api_key: 'gateway-other-key' }
  gateway = await serve(
    { extends: local, providers: { openai: openai!, anthropic: anthropic!, gemini: gemini!, other }, ...config },
    env,
  )
}

/** Which upstreams got something, and the first thing each got. */
const received = () =>
  Object.entries(upstreams).flatMap(
    ([
      name,
      {
        received: [first],
      },
    ]) => (first ? [[name, first] as const] : []),
  )

describe('an unknown path goes to the provider of', () => {
  it.each([
    ['openai', '/v1/files?purpose=batch', { authorization: 'Bearer client' }],
    ['openai', '/v1/fine_tuning/jobs', {}],
    ['openai', '/something/new?a=1&a=2', { authorization: 'Bearer client' }],
    ['anthropic', '/v1/files?limit=5', { 'x-api-key': 'client', 'anthropic-version': '2023-06-01' }],
    ['anthropic', '/v1/organizations/me', { authorization: 'Bearer client' }],
    ['anthropic', '/api/claude_code/settings', { authorization: 'Bearer client' }],
    ['gemini', '/v1beta/cachedContents?pageSize=2&key=client', {}],
    ['gemini', '/v2/anything', { 'x-goog-api-key': 'client' }],
  ])('%s: %s', async (name, path, headers) => {
    await start()
    const response = await fetch(gateway.url + path, { headers: headers as Record<string, string> })
    expect(response.status).toBe(200)
    expect(received().map(([to, { url }]) => [to, url])).toEqual([[name, path]])
  })
})

it('the client’s own credential is kept', async () => {
  await start()
  await fetch(`${gateway.url}/v1/files`, { headers: { 'x-api-key': 'client', 'anthropic-version': '1' } })
  expect(received()[0]![1].headers['x-api-key']).toBe('client')
})

describe('what stays here', () => {
  it.each([
    ['a browser’s icon', 'GET', '/favicon.ico', { cookie: 'session=1' }],
    ['a browser’s first page', 'GET', '/', {}],
    ['Claude Code’s probe', 'HEAD', '/', { 'user-agent': 'Bun/1.4.0' }],
    ['Claude Code’s telemetry', 'POST', '/api/event_logging/batch', { 'x-api-key': 'client' }],
    ['a bearer token that may be for anyone', 'GET', '/api/unknown', { authorization: 'Bearer client' }],
  ])('%s', async (_, method, path, headers) => {
    await start()
    const response = await fetch(gateway.url + path, { method, headers: headers as Record<string, string> })
    expect(response.status).toBe(404)
    expect(received()).toEqual([])
  })

  it('everything, when it is off', async () => {
    await start({}, { LUNAROUTE_BYPASS_ENABLED: 'false' })
    const response = await fetch(`${gateway.url}/v1/files`, { headers: { authorization: 'Bearer client' } })
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ error: { code: 'LR_NOT_FOUND' } })
    expect(received()).toEqual([])
  })
})

describe('the option provider', () => {
  it('takes everything, and the client’s key stays out of it', async () => {
    await start({}, { LUNAROUTE_BYPASS_PROVIDER: 'other' })
    await fetch(`${gateway.url}/v1/files`, { headers: { authorization: 'Bearer client' } })
    expect(received().map(([name]) => name)).toEqual(['other'])
    expect(upstreams.other.received[0]!.headers.authorization).toBe('Bearer gateway-other-key')
  })

  it('takes what no dialect claims, if it carries a credential', async () => {
    await start({ plugins: [bypass({ provider: 'other' })] })
    await fetch(`${gateway.url}/api/unknown`, { headers: { authorization: 'Bearer client' } })
    await fetch(`${gateway.url}/favicon.ico`)
    expect(received().map(([name]) => name)).toEqual(['other'])
    expect(upstreams.other.received).toHaveLength(1)
  })

  it('must name a provider', async () => {
    await start()
    const wrong = serve({ extends: local, plugins: [bypass({ provider: 'opnai' })] })
    await expect(wrong).rejects.toThrow(
      /bypass\.provider names no provider: "opnai"; there are openai, anthropic, gemini/,
    )
  })
})

it('a listener of one dialect forwards nothing of another', async () => {
  const port = await freePort()
  await start({ plugins: [bypass({ provider: 'other' })], listeners: [{ port, dialects: ['openai-chat'] }] })
  const response = await fetch(`${gateway.url}/v1/organizations/me`, { headers: { 'x-api-key': 'client' } })
  expect(response.status).toBe(404)
  expect(received()).toEqual([])
  await fetch(`${gateway.url}/v1/files`, { headers: { authorization: 'Bearer client' } })
  expect(received().map(([name]) => name)).toEqual(['other'])
})

describe('a body', () => {
  const headers = { authorization: 'Bearer client', 'content-type': 'multipart/form-data; boundary=x' }

  it('goes through byte for byte, with its length or in chunks', async () => {
    await start()
    const body = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7) % 256))
    await fetch(`${gateway.url}/v1/files`, { method: 'POST', headers, body })
    await upload(body, { ...headers, 'transfer-encoding': 'chunked' })
    const [first, second] = upstreams.openai.received
    expect(first!.body.equals(body) && second!.body.equals(body)).toBe(true)
    expect([first!.headers['content-length'], second!.headers['transfer-encoding']]).toEqual(['300000', 'chunked'])
  })

  it.each(['content-length', 'transfer-encoding'])('over the limit is refused, told by %s', async told => {
    await start({ http_server: { max_request_body_bytes: 1000 } })
    const body = Buffer.alloc(200_000)
    const framing = told === 'content-length' ? { 'content-length': '200000' } : { 'transfer-encoding': 'chunked' }
    expect(await upload(body, { ...headers, ...framing })).toBe(413)
  })
})

/** Sends a body with the given framing; resolves with the status. */
function upload(body: Buffer, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = http.request(`${gateway.url}/v1/files`, { method: 'POST', headers })
    request.on('response', response => response.resume().on('end', () => resolve(response.statusCode!)))
    request.on('error', reject)
    request.end(body)
  })
}
