import { describe, expect, it } from 'vitest'
import type { Dialect } from '../../src/dialect.ts'
import type { UpstreamPool } from '../../src/upstream/pool.ts'
import { Provider } from '../../src/upstream/provider.ts'
import { dialectOf } from '../support/dialect.ts'

const complete = dialectOf('complete', { basePath: 'complete', versions: ['/v1'] })
const prefix = dialectOf('prefix', { basePath: 'prefix', versions: ['/v1'] })
const two = dialectOf('two', { basePath: 'prefix', versions: ['/v1beta', '/v1'] })
const none = dialectOf('none', { basePath: 'complete', versions: [] })

function provider(baseUrl: string, parts: { headers?: Record<string, string>; apiKeys?: string[] } = {}): Provider {
  const upstream = {
    totalTimeout: 0,
    connectTimeout: 0,
    maxIdle: 1,
    idleTimeout: 1,
    tcpKeepAlive: 0,
    maxRetries: 3,
    metrics: true,
    http2: false,
    warm: 0,
  }
  const config = {
    name: 'p',
    dialects: ['complete'],
    baseUrl,
    apiKeys: [],
    headers: {},
    upstream,
    proxy: undefined,
  }
  return new Provider({ ...config, ...parts }, {} as UpstreamPool)
}

const at = (base: string, dialect: Dialect, path: string, isKnown = true) =>
  provider(`https://host${base}`).path(dialect, path, isKnown)

describe('the path at a provider', () => {
  const known: [base: string, dialect: Dialect, path: string, expected: string][] = [
    // Without a path, the client's own is taken, with the usual version where the client left it out.
    ['', complete, '/v1/chat', '/v1/chat'],
    ['', complete, '/chat', '/v1/chat'],
    ['/', complete, '/v1/chat', '/v1/chat'],
    ['', prefix, '/v1/messages', '/v1/messages'],
    // A base that ends in a version stands for the same without it.
    ['/v1', complete, '/v1/chat', '/v1/chat'],
    ['/v1/', complete, '/chat', '/v1/chat'],
    ['/api/v1', complete, '/v1/chat', '/api/v1/chat'],
    ['/v1', prefix, '/v1/messages', '/v1/messages'],
    ['/anthropic/v1', prefix, '/v1/messages', '/anthropic/v1/messages'],
    // Any other base is complete, or a prefix, as the dialect says.
    ['/openai/deployments/x', complete, '/v1/chat', '/openai/deployments/x/chat'],
    ['/openai/deployments/x', complete, '/chat', '/openai/deployments/x/chat'],
    ['/anthropic', prefix, '/v1/messages', '/anthropic/v1/messages'],
    ['/anthropic', prefix, '/messages', '/anthropic/v1/messages'],
    // Where there are several versions, the client's is kept.
    ['/v1beta', two, '/v1/models/m', '/v1/models/m'],
    ['/v1', two, '/v1beta/models/m', '/v1beta/models/m'],
    ['', two, '/models/m', '/v1beta/models/m'],
    // A name that looks like a version is none.
    ['/xv1', complete, '/v1/chat', '/xv1/chat'],
    ['', complete, '/v10/chat', '/v1/v10/chat'],
    // A dialect may have no versions.
    ['', none, '/chat', '/chat'],
    ['/base', none, '/chat', '/base/chat'],
  ]
  it.each(known)('with the base "%s" for $name: %s', (base, dialect, path, expected) => {
    expect(at(base, dialect, path)).toBe(expected)
  })

  it('of a path no dialect serves gets no version that it lacks', () => {
    expect(at('', complete, '/health', false)).toBe('/health')
    expect(at('/v1', complete, '/v1/files', false)).toBe('/v1/files')
    expect(at('/openai/deployments/x', complete, '/v1/files', false)).toBe('/openai/deployments/x/files')
  })
})

describe('what plugins see of a provider', () => {
  it('holds no key, no header and no password', () => {
    const { view } = provider('https://user:pass@host/v1', { apiKeys: ['sk-1'], headers: { 'x-secret': 's' } })
    expect(view).toMatchObject({ name: 'p', baseUrl: 'https://host/v1', hasKey: true })
    expect(JSON.stringify(view)).not.toMatch(/sk-1|pass|x-secret/)
  })
})

it('a provider retries only what cannot have been answered', () => {
  expect(provider('https://host').retry).toMatchObject({ limit: 3, on: ['connect', 'stale'] })
})
