import { readFileSync } from 'node:fs'
import { createServer as createHttpServer, type Server } from 'node:http'
import { createSecureServer } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import type { HttpClientConfig } from '../../src/config/define.ts'
import { ClientPool } from '../../src/upstream/pool.ts'
import { freePort } from '../support/free-port.ts'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { headerOf } from '../support/http-message.ts'
import { send } from '../support/raw-client.ts'

const fixture = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url))
const tls = { cert: fixture('cert'), key: fixture('key') }

const closers: (() => unknown)[] = []
afterEach(async () => {
  delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
  for (const close of closers.splice(0).reverse()) await close()
})

async function listening<S extends Pick<Server, 'listen' | 'address' | 'close'>>(server: S): Promise<number> {
  const port = await freePort()
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  closers.push(() => server.close())
  return (server.address() as AddressInfo).port
}

async function gatewayTo(base_url: string, http_client: HttpClientConfig = {}, env = {}): Promise<RunningGateway> {
  const providers = { openai: { base_url, api_key: 'k', http_client: { max_retries: 0, ...http_client } } }
  const gateway = await startGateway({ extends: ['passthrough'], providers }, { env })
  closers.push(() => gateway.close())
  return gateway
}

async function ask(gateway: RunningGateway): Promise<{ status: number; body: string }> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers, body: '{"model":"m"}' })
  return { status: response.status, body: await response.text() }
}

it('an HTTPS provider is served over TLS', async () => {
  const server = createHttpsServer(tls, (request, response) => response.end(`${request.method} over TLS`))
  const port = await listening(server)
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  const gateway = await gatewayTo(`https://127.0.0.1:${port}/v1`)
  expect(await ask(gateway)).toEqual({ status: 200, body: 'POST over TLS' })
})

it('a certificate that nobody vouches for is refused with its reason, and asked for once', async () => {
  const server = createHttpsServer(tls, (_request, response) => response.end('never'))
  let connections = 0
  server.on('connection', () => connections++)
  const port = await listening(server)
  const gateway = await gatewayTo(`https://127.0.0.1:${port}/v1`, { max_retries: 3 })
  const { status, body } = await ask(gateway)
  expect([status, connections]).toEqual([502, 1])
  expect(body).toContain('its certificate is self-signed')
})

it('a provider that does not speak TLS is asked once', async () => {
  const server = createHttpServer((_request, response) => response.end('never'))
  let connections = 0
  server.on('connection', () => connections++)
  const port = await listening(server)
  const gateway = await gatewayTo(`https://127.0.0.1:${port}/v1`, { max_retries: 3 })
  expect([(await ask(gateway)).status, connections]).toEqual([502, 1])
})

it('HTTP/2 is spoken with a provider that offers it, when configured', async () => {
  const server = createSecureServer({ ...tls, allowHTTP1: true }, (request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' })
    response.end(`HTTP/${request.httpVersion}`)
  })
  const port = await listening(server as unknown as Server)
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  const two = await gatewayTo(`https://127.0.0.1:${port}/v1`, { http2: true })
  expect(await ask(two)).toEqual({ status: 200, body: 'HTTP/2.0' })
  const one = await gatewayTo(`https://127.0.0.1:${port}/v1`)
  expect(await ask(one)).toEqual({ status: 200, body: 'HTTP/1.1' })
})

/** A proxy that tunnels everything to one port, for those who bring the credential it wants. */
async function proxyTo(upstream: number, wanted?: string): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = []
  const proxy = createHttpServer()
  proxy.on('connect', (request, client: Socket) => {
    asked.push(request.url ?? '')
    if (request.headers['proxy-authorization'] !== wanted) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n')
      return
    }
    const server = connect(upstream, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      server.pipe(client)
      client.pipe(server)
    })
    client.on('error', () => server.destroy())
    server.on('error', () => client.destroy())
    closers.push(() => client.destroy())
  })
  return { port: await listening(proxy), asked }
}

const saying = (text: string, headers = {}) =>
  listening(createHttpServer((_request, response) => response.writeHead(200, headers).end(text)))

it('a proxy from the environment carries the requests to hosts that are not loopback', async () => {
  const { port, asked } = await proxyTo(await saying('through the proxy'))
  const gateway = await gatewayTo('http://provider.example/v1', {}, { HTTP_PROXY: `http://127.0.0.1:${port}` })
  expect(await ask(gateway)).toEqual({ status: 200, body: 'through the proxy' })
  expect(asked).toEqual(['provider.example:80'])
})

it('a proxy gets the credential of its URL, with or without a password', async () => {
  const upstream = await saying('through the proxy')
  for (const [user, credential] of [
    ['us%40er:p%3Aw', 'us@er:p:w'],
    ['token', 'token:'],
  ]) {
    const { port } = await proxyTo(upstream, `Basic ${Buffer.from(credential!).toString('base64')}`)
    const HTTP_PROXY = `http://${user}@127.0.0.1:${port}`
    const gateway = await gatewayTo('http://provider.example/v1', {}, { HTTP_PROXY })
    expect(await ask(gateway), user).toEqual({ status: 200, body: 'through the proxy' })
  }
})

it('a proxy that refuses is named as what is in the way', async () => {
  const { port } = await proxyTo(await saying('never'), 'Basic other')
  const gateway = await gatewayTo('http://provider.example/v1', {}, { HTTP_PROXY: `http://127.0.0.1:${port}` })
  const { status, body } = await ask(gateway)
  expect(status).toBe(502)
  expect(JSON.parse(body).error).toMatchObject({
    code: 'LR_UPSTREAM_CONNECT',
    message: 'the provider "openai" cannot be reached: the proxy refused with status 407',
  })
})

it('long response headers pass through a proxy as they do without one', async () => {
  const { port } = await proxyTo(await saying('long', { 'x-long': 'a'.repeat(100_000) }))
  const gateway = await gatewayTo('http://provider.example/v1', {}, { HTTP_PROXY: `http://127.0.0.1:${port}` })
  const { status, headers } = await send(gateway.port, { target: '/v1/models' })
  expect([status, headerOf(headers, 'x-long')?.length]).toEqual([200, 100_000])
})

it('connections are opened before the first request, and used by it', async () => {
  let connections = 0
  const server = createHttpServer((_request, response) => response.end('warm'))
  server.on('connection', () => connections++)
  const port = await listening(server)
  const gateway = await gatewayTo(`http://127.0.0.1:${port}/v1`, { warm_connections: 3 })
  while (connections < 3) await sleep(5)
  expect(await ask(gateway)).toEqual({ status: 200, body: 'warm' })
  expect(connections).toBe(3)
})

it('a kept connection is used again, and no more of them are kept than configured', async () => {
  const answer: (() => void)[] = []
  const server = createHttpServer((_request, response) => answer.push(() => response.end('kept')))
  const port = await listening(server)
  const gateway = await gatewayTo(`http://127.0.0.1:${port}/v1`, { pool_max_idle_per_host: 2 })
  const several = Array.from({ length: 5 }, () => ask(gateway))
  while (answer.length < 5) await sleep(5)
  for (const release of answer.splice(0)) release()
  await Promise.all(several)
  const { pool } = gateway.gateway.generation.providers.get('openai')!.view
  while (pool.open > 2) await sleep(5)
  expect({ created: pool.created, idle: pool.idle, busy: pool.busy }).toEqual({ created: 5, idle: 2, busy: 0 })
  const next = ask(gateway)
  while (answer.length === 0) await sleep(5)
  answer[0]!()
  await next
  expect({ created: pool.created, reused: pool.reused }).toEqual({ created: 5, reused: 1 })
})

it('a kept connection that was closed meanwhile costs the client nothing', async () => {
  // Answers one request on each connection and closes it without a word once the next begins.
  const server = createTcpServer(socket => {
    let isUsed = false
    socket.on('error', () => undefined)
    socket.on('data', () => {
      if (isUsed) socket.resetAndDestroy()
      else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
      isUsed = true
    })
  })
  const port = await listening(server as unknown as Server)
  const gateway = await gatewayTo(`http://127.0.0.1:${port}/v1`, { max_retries: 1 })
  expect((await ask(gateway)).status).toBe(200)
  expect(await ask(gateway)).toEqual({ status: 200, body: 'ok' })
})

it('an idle connection is closed after its time', async () => {
  const server = createHttpServer((_request, response) => response.end('{}'))
  const port = await listening(server)
  const settings = { totalTimeout: 0, connectTimeout: 1000, maxIdle: 8, idleTimeout: 300, tcpKeepAlive: 0 }
  const pool = new ClientPool(`http://127.0.0.1:${port}`, {
    ...settings,
    maxRetries: 0,
    metrics: true,
    http2: false,
    warm: 0,
  })
  closers.push(() => pool.close())
  const ages: number[] = []
  pool.onClosed(age => ages.push(age))
  await new Promise<void>((resolve, reject) => {
    const request = { method: 'GET', path: '/', headers: [], body: null, headersTimeout: 0, bodyTimeout: 0 }
    const handler = {
      release: () => undefined,
      onConnect: () => undefined,
      onHeaders: () => true,
      onData: () => true,
      onComplete: () => {
        handler.release()
        resolve()
      },
      onError: reject,
    }
    pool.dispatch(request, handler)
  })
  expect(pool.idle).toBe(1)
  while (ages.length === 0) await sleep(20)
  expect({ idle: pool.idle, open: pool.open }).toEqual({ idle: 0, open: 0 })
})
