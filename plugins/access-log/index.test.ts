import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import local from '../../presets/local.ts'
import type { Config } from '../../src/config/define.ts'
import {
  providersAt,
  type ServingGateway,
  serve,
  startUpstream,
  type Upstream,
  until,
} from '../../test/support/serving.ts'
import { maskHeader, maskQuery } from './mask.ts'

let gateway: ServingGateway
let upstream: Upstream
beforeEach(async () => {
  upstream = await startUpstream((request, response) => {
    response.statusCode = request.url!.includes('embeddings') ? 500 : 200
    response.setHeader('content-type', 'application/json')
    response.setHeader('set-cookie', 'session=secret')
    response.setHeader('x-ratelimit-remaining-tokens', '1000')
    response.end('{"ok":true}')
  })
})
afterEach(async () => {
  await gateway.close()
  await upstream.close()
})

async function start(config: Config = {}, env: NodeJS.ProcessEnv = { LUNAROUTE_LOG_REQUESTS: 'true' }) {
  gateway = await serve({ extends: local, providers: providersAt(upstream.url), ...config }, env)
}

const written = () => gateway.lines.filter(line => line['plugin'] === 'access-log')

async function lineFor(path: string, headers: Record<string, string> = {}) {
  const before = written().length
  const body = '{"model":"gpt-x","messages":[]}'
  const type = { 'content-type': 'application/json' }
  await fetch(gateway.url + path, { method: 'POST', body, headers: { ...type, ...headers } }).then(each => each.text())
  await until(() => written().length > before)
  return written().at(-1)!
}

it('a request is one line that says what became of it', async () => {
  await start()
  const line = await lineFor('/v1/chat/completions', { 'user-agent': 'tester/1', 'x-session-id': 's-1' })
  expect(line).toMatchObject({
    level: 'info',
    exchange: expect.stringMatching(/^req_/),
    method: 'POST',
    path: '/v1/chat/completions',
    status: 200,
    outcome: 'ok',
    listener: 'default',
    client: '127.0.0.1',
    dialect: 'openai-chat',
    model: 'gpt-x',
    provider: 'openai',
    attempts: 1,
    duration_ms: expect.any(Number),
    ttfb_ms: expect.any(Number),
    upstream_ms: expect.any(Number),
    request_bytes: 31,
    response_bytes: 11,
    is_streaming: false,
    session: 's-1',
    user_agent: 'tester/1',
    msg: expect.stringMatching(/^POST \/v1\/chat\/completions 200 openai gpt-x \d+ ms$/),
  })
  expect(line).not.toHaveProperty('request_headers')
  expect(line).not.toHaveProperty('error')
})

describe('the level', () => {
  it('is warn where something failed', async () => {
    await start()
    expect(await lineFor('/v1/embeddings')).toMatchObject({ level: 'warn', status: 500, outcome: 'error' })
  })

  it('is info where the gateway refused', async () => {
    await start()
    const line = await lineFor('/nothing/here')
    expect(line).toMatchObject({ level: 'info', status: 404, outcome: 'rejected', error: 'LR_NOT_FOUND', attempts: 0 })
    expect(line['msg']).toMatch(/ rejected LR_NOT_FOUND$/)
  })

  it('is debug for all of them, unless they are asked for', async () => {
    await start({ logging: { level: 'debug' } }, {})
    expect(await lineFor('/v1/embeddings')).toMatchObject({ level: 'debug' })
  })

  it('is debug for the gateway’s own pages', async () => {
    await start()
    await fetch(`${gateway.url}/healthz`)
    await lineFor('/v1/embeddings')
    expect(written()).toHaveLength(1)
  })
})

it('nothing is tapped where nothing would be written', async () => {
  await start({}, {})
  expect(gateway.gateway.generation.taps.record).not.toContain('access-log')
  await gateway.close()
  await start()
  expect(gateway.gateway.generation.taps.record).toContain('access-log')
})

it('a body that is not JSON still gets its line', async () => {
  await start()
  await fetch(`${gateway.url}/v1/responses`, {
    method: 'POST',
    body: '{"model":tru}',
    headers: { 'content-type': 'application/json' },
  })
  await until(() => written().length === 1)
  expect(written()[0]).toMatchObject({ status: 400, outcome: 'rejected', error: 'LR_BAD_JSON' })
})

describe('at level debug', () => {
  const secret = 'sk-ant-REDACTED'

  it('a line has the headers and where the time went', async () => {
    await start({ logging: { level: 'debug' } })
    const line = await lineFor('/v1/chat/completions', { 'x-custom': 'yes' })
    expect(line).toMatchObject({
      arrived_ms: expect.any(Number),
      before_ms: expect.any(Number),
      provider_ms: expect.any(Number),
      after_ms: expect.any(Number),
      request_headers: { 'x-custom': 'yes', 'content-type': 'application/json' },
      response_headers: { 'content-type': 'application/json', 'x-ratelimit-remaining-tokens': '1000' },
    })
  })

  it('no secret is in any line', async () => {
    await start({ logging: { level: 'trace' } })
    const line = await lineFor(`/v1/chat/completions?key=${secret}&token=${secret}&a=${secret}`, {
      authorization: `Bearer ${secret}`,
      'x-api-key': secret,
      'x-goog-api-key': secret,
      'x-private-token': secret,
      'x-debug': `uses ${secret} here`,
      'chatgpt-account-id': secret,
      cookie: `session=${secret}`,
      'user-agent': `tool ${secret}`,
    })
    expect(line['request_headers']).toMatchObject({
      authorization: '***',
      'x-api-key': '***',
      'x-debug': 'uses *** here',
      cookie: '***',
    })
    expect(line['response_headers']).toMatchObject({ 'set-cookie': '***' })
    expect(JSON.stringify(gateway.lines)).not.toMatch(/sk-ant|session=secret|gateway-\w+-key/)
  })
})

describe('masking', () => {
  it.each([
    ['x-auth-token', 'anything', '***'],
    ['Ocp-Apim-Subscription-Key', 'anything', '***'],
    ['x-amz-signature', 'anything', '***'],
    ['openai-organization', 'org-1', '***'],
    ['x-note', 'Bearer abc.def', '***'],
    ['x-note', 'AIzaSyA1234567890abcdefghijk', '***'],
    ['x-note', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig', '***'],
    ['authorization', undefined, '***'],
    ['anthropic-ratelimit-tokens-remaining', '40000', '40000'],
    ['accept', 'text/event-stream', 'text/event-stream'],
    ['x-task', 'ask-me-anything-tomorrow', 'ask-me-anything-tomorrow'],
  ])('of header %s: %s', (name, value, shown) => {
    expect(maskHeader(name, value)).toBe(shown)
  })

  it('of a query keeps what is no secret', () => {
    expect(maskQuery('beta=true&api_key=x&%6Bey=y&sig=z&limit=1000')).toBe(
      'beta=true&api_key=***&%6Bey=***&sig=***&limit=1000',
    )
  })
})
