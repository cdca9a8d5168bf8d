import { describe, expect, test } from 'vitest'
import { Environment } from '../../src/config/environment.ts'
import { isExcepted, proxyFor } from '../../src/config/proxy.ts'
import { workspace } from './workspace.ts'

const yaml = (text: string) => workspace({ 'lunaroute.config.yaml': text })

test('a provider has the defaults of its plugin and of the gateway', async () => {
  const { config } = await workspace().load()
  expect(config.providers.map(({ name }) => name)).toEqual(['openai', 'anthropic'])
  expect(config.providers[0]).toEqual({
    name: 'openai',
    dialects: ['openai-chat', 'openai-responses'],
    baseUrl: 'https://api.openai.test/v1',
    apiKeys: [],
    headers: {},
    proxy: undefined,
    upstream: {
      totalTimeout: 600_000,
      connectTimeout: 10_000,
      maxIdle: 32,
      idleTimeout: 90_000,
      tcpKeepAlive: 60_000,
      maxRetries: 3,
      metrics: true,
      http2: false,
      warm: 0,
    },
  })
})

test('http_client: built in, then for all, then the provider, then the environment', async () => {
  const project = yaml(`http_client: { timeout_secs: 100, max_retries: 1, http2: true }
providers:
  openai: { http_client: { timeout_secs: 200, pool_max_idle_per_host: 5 } }
`)
  const { config } = await project.load({
    env: { LUNAROUTE_OPENAI_POOL_MAX_IDLE: '64', LUNAROUTE_OPENAI_POOL_IDLE_TIMEOUT: '120' },
  })
  const [openai, anthropic] = config.providers
  expect(openai?.upstream).toMatchObject({
    totalTimeout: 200_000,
    maxRetries: 1,
    maxIdle: 64,
    idleTimeout: 120_000,
    http2: true,
  })
  expect(anthropic?.upstream).toMatchObject({ totalTimeout: 100_000, maxRetries: 1, maxIdle: 32, idleTimeout: 90_000 })
})

test('POOL_IDLE_TIMEOUT_SECS wins over its short form', async () => {
  const env = { LUNAROUTE_OPENAI_POOL_IDLE_TIMEOUT: '1', LUNAROUTE_OPENAI_POOL_IDLE_TIMEOUT_SECS: '2' }
  expect((await workspace().load({ env })).config.providers[0]?.upstream.idleTimeout).toBe(2000)
})

test('the key in the environment wins over the one in the file', async () => {
  const project = yaml('providers:\n  openai: { api_key: file }\n  anthropic: { api_key: " file " }\n')
  const { config } = await project.load({ env: { OPENAI_API_KEY: 'environment\n' } })
  expect(config.providers.flatMap(({ apiKeys }) => apiKeys)).toEqual(['environment', 'file'])
})

test('a provider of the config needs a dialect and a base_url, and has its own variables', async () => {
  const project = yaml(`providers:
  my-groq: { dialect: openai-chat, base_url: "http://groq.test/openai/v1//", headers: { x-team: a } }
  other: { type: openai, base_url: "https://other.test" }
  third: { provider_type: anthropic, base_url: "https://third.test", enabled: true }
  off: { enabled: false }
`)
  const { config, warnings } = await project.load({ env: { LUNAROUTE_MY_GROQ_TIMEOUT_SECS: '0' } })
  expect(warnings).toEqual([])
  expect(config.providers.map(({ name, dialects }) => [name, dialects.join()])).toEqual([
    ['openai', 'openai-chat,openai-responses'],
    ['anthropic', 'anthropic-messages'],
    ['my-groq', 'openai-chat'],
    ['other', 'openai-chat,openai-responses'],
    ['third', 'anthropic-messages'],
  ])
  expect(config.providers[2]).toMatchObject({ baseUrl: 'http://groq.test/openai/v1', headers: { 'x-team': 'a' } })
  expect(config.providers[2]?.upstream.totalTimeout).toBe(0)
})

test('more than ten retries are ten, with a warning', async () => {
  const project = yaml('providers:\n  openai:\n    http_client:\n      max_retries: 50\n')
  const { config, warnings } = await project.load({ env: { LUNAROUTE_ANTHROPIC_MAX_RETRIES: '11' } })
  expect(config.providers.map(({ upstream }) => upstream.maxRetries)).toEqual([10, 10])
  expect(warnings).toEqual([
    expect.stringContaining(
      'lunaroute.config.yaml:4 providers.openai.http_client.max_retries: 50 retries are too many',
    ),
    expect.stringContaining('LUNAROUTE_ANTHROPIC_MAX_RETRIES: 11 retries are too many'),
  ])
})

describe('mistakes', () => {
  test.each([
    [
      'dialect: opnai-chat\n    base_url: http://x',
      3,
      'speaks the dialect "opnai-chat" (did you mean "openai-chat"?); loaded are openai-chat, ',
    ],
    ['dialect: openai', 2, 'no loaded plugin brings a provider "extra", so it must have a base_url'],
    ['api_key: x', 2, 'so it must have a dialect and a base_url'],
    ['dialect: openai\n    base_url: "api.test/v1"', 4, 'must be a URL that begins with http:// or https://'],
    ['dialect: openai\n    base_url: "https://u:secret@x.test"', 4, 'must not hold a user name or password'],
    ['dialect: openai\n    base_url: "https://x.test?a"', 4, 'must end before any ? or #'],
    ['dialect: openai\n    base_url: "https://x.test"\n    headers: { "a b": c }', 5, '"a b" is no name of a header'],
    [
      'dialect: openai\n    base_url: "https://x.test"\n    headers: { a: "c\\nd" }',
      5,
      'header "a" has a character that none may',
    ],
  ])('%j', async (text, line, message) => {
    const error = await yaml(`providers:\n  extra:\n    ${text}\n`).failure()
    expect(error.message).toContain(message)
    expect(error.message).not.toContain('secret')
    expect(error.location?.line).toBe(line)
  })
})

describe('proxies', () => {
  test('each provider has the proxy of its scheme, a loopback one none', async () => {
    const project = yaml(`providers:
  openai: { base_url: "http://plain.test" }
  local: { dialect: openai, base_url: "http://localhost:1234" }
  six: { dialect: openai, base_url: "http://[::1]:1234" }
  spared: { dialect: openai, base_url: "https://a.spared.test" }
`)
    const env = { HTTPS_PROXY: 'http://secure:3128', http_proxy: 'plain:3128', NO_PROXY: 'x.test,.spared.test' }
    const { config } = await project.load({ env })
    expect(config.providers.map(({ proxy }) => proxy)).toEqual([
      'http://plain:3128',
      'http://secure:3128',
      undefined,
      undefined,
      undefined,
    ])
  })

  test('no variable, no proxy', () => {
    expect(proxyFor('https://x.test', new Environment({}))).toBeUndefined()
  })

  test.each([
    ['https://api.test', '*', true],
    ['https://api.test', 'api.test', true],
    ['https://api.test', 'API.TEST', true],
    ['https://v1.api.test', 'api.test', true],
    ['https://v1.api.test', '.api.test', true],
    ['https://v1.api.test', '*.api.test', true],
    ['https://myapi.test', 'api.test', false],
    ['https://api.test', 'api.test:443', true],
    ['https://api.test', 'api.test:8443', false],
    ['http://10.1.2.3:8000', '10.1.2.3', true],
    ['http://10.1.2.3:8000', '10.0.0.0/8', true],
    ['http://11.1.2.3:8000', '10.0.0.0/8', false],
    ['http://10.1.2.3', '2.3', false],
    ['http://[fd00::1]:80', 'fd00::1', true],
    ['http://[fd00::1]:81', '[fd00::1]:80', false],
    ['http://[fd00::1]', 'fd00::/8', true],
    ['https://api.test', ' other.test , api.test ', true],
    ['https://api.test', '', false],
  ])('%s with NO_PROXY=%s', (url, list, isSpared) => {
    expect(isExcepted(new URL(url), list)).toBe(isSpared)
  })
})
