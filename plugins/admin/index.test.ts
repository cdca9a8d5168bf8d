import http from 'node:http'
import { definePlugin, providerStatusService, statusService } from 'lunaroute'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { providersAt, type ServingGateway, serve } from '../../test/support/serving.ts'
import admin from './index.ts'

let gateway: ServingGateway
beforeEach(async () => {
  gateway = await serve({ plugins: [admin()] })
})
afterEach(() => gateway.close())

describe('POST /admin/reload', () => {
  it('makes an edit take effect and answers the state', async () => {
    const response = await fetch(`${gateway.url}/admin/reload`, { method: 'POST' })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ generation: 2, error: null, plugins: ['admin'] })
  })

  it('answers 422 with the reason when the edit is refused', async () => {
    gateway.use({ plugins: ['no-such-plugin'] })
    const response = await fetch(`${gateway.url}/admin/reload`, { method: 'POST' })
    expect(response.status).toBe(422)
    const state = (await response.json()) as { error: { message: string } }
    expect(state).toMatchObject({ generation: 1, refusals: 1 })
    expect(state.error.message).toContain('no-such-plugin')
  })
})

it('GET /admin/status answers the state without a change', async () => {
  const response = await fetch(`${gateway.url}/admin/status`)
  expect(response.status).toBe(200)
  expect(await response.json()).toMatchObject({ generation: 1, error: null })
})

it.each([
  ['GET', '/admin/reload', 'POST'],
  ['POST', '/admin/status', 'GET'],
])('%s %s is not a method of the page', async (method, path, allow) => {
  const response = await fetch(gateway.url + path, { method })
  expect([response.status, response.headers.get('allow')]).toEqual([405, allow])
})

it('shows what plugins tell of themselves and of providers, and one of them alone', async () => {
  const teller = definePlugin({
    name: 'teller',
    setup(_options, { offer }) {
      offer(statusService, {
        name: 'queue',
        read: () => ({ state: 'degraded', message: 'full', details: { depth: 7 } }),
      })
      offer(providerStatusService, () => ({ status: 'healthy' }))
      return {
        ingress: ({ head }) =>
          head.path === '/admin/queue' && head.method === 'POST' ? { status: 200, body: 'emptied' } : undefined,
      }
    },
  })
  const told = await serve({
    extends: 'passthrough',
    plugins: [admin(), teller()],
    providers: providersAt('http://127.0.0.1:9'),
  })
  try {
    const get = async (path: string) => (await fetch(told.url + path)).json()
    const queue = { state: 'degraded', message: 'full', details: { depth: 7 } }
    expect(await get('/admin/status')).toMatchObject({ generation: 1, statuses: { queue } })
    expect(await get('/admin/queue')).toEqual(queue)
    const providers = JSON.stringify(await get('/admin/providers'))
    expect(JSON.parse(providers)).toMatchObject({
      providers: [{ name: 'openai', base_url: 'http://127.0.0.1:9/v1', keys: 1, status: 'healthy' }, {}, {}],
    })
    expect(providers).not.toContain('-key"')
    const emptied = await fetch(`${told.url}/admin/queue`, { method: 'POST' })
    expect(await emptied.text()).toBe('emptied')
    expect((await fetch(`${told.url}/admin/nothing`)).status).toBe(404)
    const stranger = await fetch(`${told.url}/admin/providers`, { headers: { via: 'x' } })
    expect(stranger.status).toBe(403)
  } finally {
    await told.close()
  }
})

describe('a request', () => {
  it.each([
    ['from a page of another origin', { origin: 'https://example.com' }],
    ['from a sandboxed page', { origin: 'null' }],
    ['from a page of another site', { 'sec-fetch-site': 'cross-site' }],
    ['through a proxy', { 'x-forwarded-for': '192.0.2.1' }],
    ['from a page whose origin only looks like loopback', { origin: 'http://localhost.example.com' }],
  ])('%s is refused', async (_, headers) => {
    const { status, body } = await ask(headers)
    expect(status).toBe(403)
    // The listener on loopback refuses foreign pages before the plugin does.
    expect(body).toMatch(/LR_FORBIDDEN|LR_HOST/)
    expect(gateway.gateway.config().generation).toBe(1)
  })

  it.each([
    ['from a page on loopback', { origin: 'http://localhost:8082' }],
    ['to [::1]', { host: '[::1]:8081' }],
  ])('%s is served', async (_, headers) => {
    expect((await ask(headers)).status).toBe(200)
  })
})

it('a name that was made to mean this machine is refused on a listener open to all', async () => {
  const open = await serve({ host: '0.0.0.0', plugins: [admin()] })
  try {
    expect((await ask({ host: 'rebound.example.com' }, open.port)).status).toBe(403)
  } finally {
    await open.close()
  }
})

/** fetch sets the host and leaves out an origin; node:http sends what it is given. */
function ask(headers: Record<string, string>, port = gateway.port): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request({ port, host: '127.0.0.1', method: 'POST', path: '/admin/reload', headers })
    request.on('error', reject).on('response', response => {
      let body = ''
      response.setEncoding('utf8').on('data', part => {
        body += part
      })
      response.on('end', () => resolve({ status: response.statusCode!, body }))
    })
    request.end()
  })
}
