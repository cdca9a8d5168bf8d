import net from 'node:net'
import { definePlugin, providerStatusService, type Status, statusService } from 'lunaroute'
import { afterEach, expect, it } from 'vitest'
import local from '../../presets/local.ts'
import { providersAt, type ServingGateway, serve, startUpstream, until } from '../../test/support/serving.ts'
import health from './index.ts'

let gateway: ServingGateway
afterEach(() => gateway.close())

const config = { plugins: [health()], extends: local, providers: providersAt('http://127.0.0.1:9') }

it.each(['/healthz', '/health'])('%s says what runs', async path => {
  gateway = await serve(config)
  const response = await fetch(gateway.url + path)
  expect(response.status).toBe(200)
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(await response.json()).toMatchObject({
    status: 'ok',
    service: 'lunaroute',
    version: gateway.gateway.version,
    pid: process.pid,
    uptime_seconds: expect.any(Number),
  })
})

it.each(['/readyz', '/ready'])('%s shows the configuration, the providers and the listeners', async path => {
  gateway = await serve(config)
  const response = await fetch(gateway.url + path)
  expect(response.status).toBe(200)
  const text = await response.text()
  expect(JSON.parse(text)).toMatchObject({
    status: 'ready',
    config: { generation: 1, file: null, error: null },
    providers: [
      {
        name: 'openai',
        dialects: ['openai-chat', 'openai-responses'],
        base_url: 'http://127.0.0.1:9/v1',
        has_key: true,
        pool: { created: 0, reused: 0, open: 0, idle: 0, busy: 0 },
      },
      { name: 'anthropic' },
      { name: 'gemini' },
    ],
    listeners: [{ port: gateway.port }],
    in_flight: 1,
  })
  expect(text).not.toContain('-key"')
})

it('a refused edit shows its reason and leaves the gateway ready', async () => {
  gateway = await serve(config)
  gateway.use({ ...config, port: -1 })
  await gateway.gateway.reload()
  const response = await fetch(`${gateway.url}/readyz`)
  expect(response.status).toBe(200)
  const { config: state } = (await response.json()) as { config: { error: { message: string } } }
  expect(state).toMatchObject({ generation: 1, error: { at: expect.any(String) } })
  expect(state.error.message).toContain('must be >= 0')

  gateway.use(config)
  await gateway.gateway.reload()
  const healed = await fetch(`${gateway.url}/readyz`)
  expect(await healed.json()).toMatchObject({ config: { generation: 2, error: null } })
})

it('clients behind a proxy get no path, no address and no reason', async () => {
  gateway = await serve(config)
  gateway.use({ ...config, port: -1 })
  await gateway.gateway.reload()
  const headers = { 'x-forwarded-for': '192.0.2.1' }
  const ready = await fetch(`${gateway.url}/readyz`, { headers }).then(each => each.text())
  expect(JSON.parse(ready)).toMatchObject({ status: 'ready', config: { generation: 1 } })
  expect(ready).not.toContain('base_url')
  expect(ready).not.toContain('must be >= 0')
  const alive = await fetch(`${gateway.url}/healthz`, { headers }).then(each => each.json())
  expect(alive).not.toHaveProperty('pid')
})

it('HEAD is answered without a body, and other methods are refused', async () => {
  gateway = await serve(config)
  const head = await fetch(`${gateway.url}/healthz`, { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
  const post = await fetch(`${gateway.url}/readyz`, { method: 'POST' })
  expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  expect(await post.text()).toContain('LR_METHOD')
})

it('a gateway that is shutting down is not ready', async () => {
  let finish: (() => void) | undefined
  const upstream = await startUpstream((_request, response) => {
    finish = () => response.end('{}')
  })
  gateway = await serve({ ...config, providers: providersAt(upstream.url) })
  const socket = net.connect(gateway.port, '127.0.0.1')
  let answers = ''
  socket.setEncoding('latin1').on('data', part => {
    answers += part
  })
  const body = '{"model":"m"}'
  socket.write(`POST /v1/responses HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
  await until(() => finish !== undefined)
  const closed = gateway.close()
  socket.write('GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n')
  finish!()
  await until(() => answers.includes('HTTP/1.1 503'))
  expect(answers.indexOf('HTTP/1.1 200')).toBe(0)
  socket.destroy()
  await Promise.all([closed, upstream.close()])
})

it('shows what plugins say to this machine alone, and is not ready when one of them has failed', async () => {
  let status: Status = { state: 'degraded', message: 'half of it', details: { depth: 7 } }
  const teller = definePlugin({
    name: 'teller',
    setup(_options, { offer }) {
      offer(statusService, { name: 'teller', read: () => status })
      offer(statusService, {
        name: 'broken',
        read: () => {
          throw new Error('no')
        },
      })
      offer(providerStatusService, name => ({ status: 'healthy', success_rate: name === 'openai' ? 1 : 0.5 }))
      offer(providerStatusService, () => ({ circuit: 'closed' }))
      return {}
    },
  })
  gateway = await serve({ ...config, plugins: [health(), teller()] })
  const ask = async (headers = {}) => {
    const response = await fetch(`${gateway.url}/readyz`, { headers })
    return [response.status, await response.json()]
  }
  const stranger = { 'x-forwarded-for': '192.0.2.1' }
  expect(await ask()).toMatchObject([
    200,
    {
      status: 'ready',
      statuses: { teller: { state: 'degraded', message: 'half of it' }, broken: { state: 'degraded' } },
      providers: [{ name: 'openai', status: 'healthy', success_rate: 1, circuit: 'closed' }, {}, {}],
    },
  ])
  const sparse = JSON.stringify(await ask(stranger))
  expect(sparse).not.toMatch(/half of it|success_rate|circuit|statuses/)

  status = { state: 'failed', message: 'all of it' }
  expect(await ask()).toMatchObject([503, { status: 'not_ready', statuses: { teller: { message: 'all of it' } } }])
  expect(await ask(stranger)).toMatchObject([503, { status: 'not_ready' }])
})
