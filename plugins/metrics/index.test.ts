import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import local from '../../presets/local.ts'
import type { Config } from '../../src/config/define.ts'
import { definePlugin, GatewayError } from '../../src/index.ts'
import {
  providersAt,
  type ServingGateway,
  serve,
  startUpstream,
  type Upstream,
  until,
} from '../../test/support/serving.ts'
import metrics from './index.ts'

let gateway: ServingGateway
let upstream: Upstream
let status = 200
beforeEach(async () => {
  status = 200
  upstream = await startUpstream((request, response) => {
    response.statusCode = status
    if (request.headers.accept === 'text/event-stream') {
      response.setHeader('content-type', 'text/event-stream')
      response.write('data: {}\n\n')
      setTimeout(() => response.end('data: [DONE]\n\n'), 20)
    } else response.setHeader('content-type', 'application/json').end('{"ok":true}')
  })
})
afterEach(async () => {
  await gateway.close()
  await upstream.close()
})

async function start(config: Config = {}) {
  gateway = await serve({ extends: local, providers: providersAt(upstream.url), ...config })
}

async function post(model: string, path = '/v1/chat/completions', headers: Record<string, string> = {}) {
  const body = JSON.stringify({ model, stream: headers['accept'] === 'text/event-stream' })
  const type = { 'content-type': 'application/json' }
  const response = await fetch(gateway.url + path, { method: 'POST', body, headers: { ...type, ...headers } })
  await response.text()
  // Counting comes after the answer.
  await until(() => gateway.gateway.inFlight() === 0)
}

/** The samples of a page by their name and labels; those of one family where its name is given. */
async function samples(family = ''): Promise<Record<string, number>> {
  const text = await fetch(`${gateway.url}/metrics`).then(each => each.text())
  const lines = text.split('\n').filter(line => line.startsWith(family) && !line.startsWith('#') && line !== '')
  return Object.fromEntries(lines.map(line => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]))
}

const LABELS = 'listener="default",model="gpt-x",provider="openai"'

it('the page is in the text format', async () => {
  await start()
  const response = await fetch(`${gateway.url}/metrics`)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const text = await response.text()
  expect(text).toMatch(/^# HELP lunaroute_requests_total .+\n# TYPE lunaroute_requests_total counter$/m)
  expect(text).toContain(`lunaroute_build_info{version="${gateway.gateway.version}",node_version=`)
  expect(text).toContain('process_resident_memory_bytes')
})

it('only GET and HEAD are methods of the page', async () => {
  await start()
  const response = await fetch(`${gateway.url}/metrics`, { method: 'POST' })
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
})

it('another path serves it, and then the usual one does not', async () => {
  await start({ plugins: [metrics({ path: '/internal/metrics', process: false })] })
  expect((await fetch(`${gateway.url}/metrics`)).status).toBe(404)
  const text = await fetch(`${gateway.url}/internal/metrics`).then(each => each.text())
  expect(text).toContain('lunaroute_requests_total')
  expect(text).not.toContain('process_cpu')
})

it('a request is counted, timed and weighed', async () => {
  await start()
  await post('gpt-x')
  await post('gpt-x')
  const found = await samples()
  expect(found).toMatchObject({
    [`lunaroute_requests_total{${LABELS}}`]: 2,
    [`lunaroute_requests_success_total{${LABELS}}`]: 2,
    [`lunaroute_request_duration_seconds_count{${LABELS}}`]: 2,
    [`lunaroute_request_bytes_total{${LABELS}}`]: 64,
    [`lunaroute_response_bytes_total{${LABELS}}`]: 22,
    lunaroute_ingress_duration_seconds_count: 2,
    lunaroute_routing_duration_seconds_count: 2,
    'lunaroute_egress_duration_seconds_count{provider="openai",model="gpt-x"}': 2,
    lunaroute_post_processing_duration_seconds_count: 2,
    lunaroute_proxy_overhead_seconds_count: 2,
    lunaroute_requests_in_flight: 0,
  })
  const sum = found['lunaroute_proxy_overhead_seconds_sum']!
  expect(sum).toBeGreaterThan(0)
  expect(sum).toBeLessThan(found[`lunaroute_request_duration_seconds_sum{${LABELS}}`]!)
})

describe('a failure', () => {
  it('carries the gateway’s code', async () => {
    await start()
    await upstream.close()
    await post('gpt-x')
    expect(await samples('lunaroute_requests_failure_total')).toEqual({
      [`lunaroute_requests_failure_total{${LABELS},error_type="LR_UPSTREAM_CONNECT"}`]: 1,
    })
    upstream = await startUpstream()
  })

  it('carries the status the provider answered with', async () => {
    await start()
    status = 429
    await post('gpt-x')
    expect(await samples('lunaroute_requests_failure_total')).toEqual({
      [`lunaroute_requests_failure_total{${LABELS},error_type="upstream_429"}`]: 1,
    })
    expect(await samples('lunaroute_requests_success_total')).toEqual({})
  })

  it('of a plugin’s own making carries its code', async () => {
    const guard = definePlugin({
      name: 'guard',
      setup: () => ({
        normalize() {
          throw new GatewayError('ACME_QUOTA', 429, 'no')
        },
      }),
    })
    await start({ plugins: [guard()] })
    await post('gpt-x')
    expect(await samples('lunaroute_requests_failure_total')).toEqual({
      'lunaroute_requests_failure_total{listener="default",model="none",provider="none",error_type="ACME_QUOTA"}': 1,
    })
  })

  it('is also a client’s leaving', async () => {
    await upstream.close()
    upstream = await startUpstream(() => undefined)
    await start()
    const leaving = new AbortController()
    const headers = { 'content-type': 'application/json' }
    const request = { method: 'POST', body: '{"model":"gpt-x"}', headers, signal: leaving.signal }
    const answer = fetch(`${gateway.url}/v1/chat/completions`, request)
    await until(() => upstream.received.length === 1)
    expect(await samples('lunaroute_requests_in_flight')).toEqual({ lunaroute_requests_in_flight: 1 })
    leaving.abort()
    await expect(answer).rejects.toThrow()
    await until(() => gateway.gateway.inFlight() === 0)
    expect(await samples('lunaroute_requests_failure_total')).toEqual({
      [`lunaroute_requests_failure_total{${LABELS},error_type="cancelled"}`]: 1,
    })
  })
})

it('a stream is counted and timed, and its pieces on request', async () => {
  await start({ plugins: [metrics({ count_chunks: true })] })
  await post('gpt-x', '/v1/chat/completions', { accept: 'text/event-stream' })
  await post('gpt-x')
  const labels = '{provider="openai",model="gpt-x"}'
  expect(await samples('lunaroute_streaming')).toMatchObject({
    [`lunaroute_streaming_requests_total${labels}`]: 1,
    [`lunaroute_streaming_ttft_seconds_count${labels}`]: 1,
    [`lunaroute_streaming_duration_seconds_count${labels}`]: 1,
    [`lunaroute_streaming_chunks_total_sum${labels}`]: 2,
    [`lunaroute_streaming_chunk_latency_seconds_count${labels}`]: 1,
  })
})

describe('labels', () => {
  it('do not come from requests that were refused, or from unknown paths', async () => {
    await start()
    await post('made-up-1', '/nowhere/made-up')
    await post('made-up-2', '/v1/chat/completions', { 'content-type': 'text/made-up' })
    const text = await fetch(`${gateway.url}/metrics`).then(each => each.text())
    expect(text).not.toContain('made-up')
  })

  it('do not come from models that the provider does not know', async () => {
    await start()
    status = 404
    await post('made-up')
    status = 200
    await post('gpt-x')
    status = 404
    await post('gpt-x')
    const found = await samples('lunaroute_requests_total')
    expect(found).toEqual({
      'lunaroute_requests_total{listener="default",model="other",provider="openai"}': 1,
      [`lunaroute_requests_total{${LABELS}}`]: 2,
    })
  })

  it('tell no more models apart than the option says', async () => {
    await start({ plugins: [metrics({ max_models: 2 })] })
    for (const model of ['a', 'b', 'c', 'd', 'a', 'x'.repeat(500)]) await post(model)
    const found = await samples('lunaroute_requests_total')
    expect(Object.keys(found).map(key => /model="([^"]*)"/.exec(key)![1])).toEqual(['a', 'b', 'other'])
    expect(Object.values(found)).toEqual([2, 1, 3])
  })

  it('are escaped', async () => {
    await start()
    await post('a"b\n# c')
    expect(await samples('lunaroute_requests_total')).toEqual({
      'lunaroute_requests_total{listener="default",model="a\\"b\\n# c",provider="openai"}': 1,
    })
  })
})

it('a forwarded request of an unknown path is counted for its provider', async () => {
  await start()
  await fetch(`${gateway.url}/v1/files`, { headers: { authorization: 'Bearer client' } })
  await until(() => gateway.gateway.inFlight() === 0)
  expect(await samples('lunaroute_bypass_requests_total')).toEqual({
    'lunaroute_bypass_requests_total{provider="openai"}': 1,
  })
})

it('the gateway’s own pages are not counted', async () => {
  await start()
  await samples()
  await fetch(`${gateway.url}/healthz`)
  expect(await samples('lunaroute_requests')).toEqual({ lunaroute_requests_in_flight: 0 })
})

describe('connections', () => {
  const labels = '{provider="openai",dialect="openai-chat,openai-responses"}'

  it('are counted, with their settings', async () => {
    await start()
    for (const model of ['a', 'b', 'c']) await post(model)
    expect(await samples('http_pool')).toMatchObject({
      [`http_pool_connections_created_total${labels}`]: 1,
      [`http_pool_connections_reused_total${labels}`]: 2,
      [`http_pool_connections_idle${labels}`]: 1,
      'http_pool_config{provider="openai",setting="max_idle_per_host"}': 32,
      'http_pool_config{provider="openai",setting="timeout_secs"}': 600,
    })
  })

  it('have their age told when they close', async () => {
    await start()
    await post('a')
    await upstream.close()
    await until(() => gateway.gateway.generation.providers.get('openai')!.pool.open === 0)
    expect(await samples('http_pool_connection_lifetime_seconds_count')).toEqual({
      [`http_pool_connection_lifetime_seconds_count${labels}`]: 1,
    })
    upstream = await startUpstream()
  })

  it('of a provider without pool metrics are left out', async () => {
    const providers = providersAt(upstream.url)
    await start({
      providers: { ...providers, openai: { ...providers['openai'], http_client: { enable_pool_metrics: false } } },
    })
    const found = Object.keys(await samples('http_pool'))
    expect(found.some(key => key.includes('provider="openai"'))).toBe(false)
    expect(found.some(key => key.includes('provider="anthropic"'))).toBe(true)
  })
})

describe('a reload', () => {
  it('resets no counter, even when it makes new connections', async () => {
    await start()
    await post('gpt-x')
    gateway.use({ extends: local, providers: providersAt(upstream.url), http_client: { pool_max_idle_per_host: 5 } })
    await gateway.gateway.reload()
    await post('gpt-x')
    const labels = '{provider="openai",dialect="openai-chat,openai-responses"}'
    expect(await samples()).toMatchObject({
      [`lunaroute_requests_total{${LABELS}}`]: 2,
      [`http_pool_connections_created_total${labels}`]: 2,
      'http_pool_config{provider="openai",setting="max_idle_per_host"}': 5,
      lunaroute_config_generation: 2,
      lunaroute_config_last_reload_successful: 1,
      lunaroute_config_reload_failures_total: 0,
    })
  })

  it('that is refused is counted', async () => {
    await start()
    gateway.use({ plugins: ['no-such-plugin'] })
    await gateway.gateway.reload()
    await gateway.gateway.reload()
    expect(await samples('lunaroute_config')).toEqual({
      lunaroute_config_generation: 1,
      lunaroute_config_last_reload_successful: 0,
      lunaroute_config_reload_failures_total: 2,
    })
  })
})
