import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import type { Config } from '../../src/config/define.ts'
import { freePort } from '../support/free-port.ts'
import { startGateway } from '../support/gateway.ts'
import { startUpstream } from '../support/serving.ts'

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/tls/${name}.pem`, import.meta.url))

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function start(config: Config) {
  const upstream = await startUpstream()
  const providers = {
    openai: { base_url: upstream.url, api_key: 'k' },
    anthropic: { base_url: upstream.url, api_key: 'k' },
  }
  const gateway = await startGateway({ extends: ['passthrough'], providers, ...config })
  closers.push(() => upstream.close())
  closers.push(() => gateway.close())
}

async function post(port: number, path: string, body = '{"model":"m"}'): Promise<{ status: number; text: string }> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body })
  return { status: response.status, text: await response.text() }
}

it('each listener serves its own dialects, and names the one it does not', async () => {
  const [chat, messages] = [await freePort(), await freePort()]
  await start({
    listeners: [
      { name: 'chat', port: chat, dialects: ['openai'] },
      { name: 'messages', port: messages, dialects: ['anthropic-messages'] },
    ],
  })
  expect((await post(chat, '/v1/chat/completions')).status).toBe(200)
  expect((await post(messages, '/v1/messages')).status).toBe(200)
  const refused = await post(chat, '/v1/messages')
  expect(refused.status).toBe(404)
  expect(JSON.parse(refused.text)).toMatchObject({ type: 'error', error: { type: 'not_found_error' } })
  expect(refused.text).toContain('does not serve anthropic-messages')
})

it('each listener has its own limit for bodies', async () => {
  const [small, large] = [await freePort(), await freePort()]
  await start({
    listeners: [
      { name: 'small', port: small, body_limit: 1000 },
      { name: 'large', port: large },
    ],
  })
  const body = JSON.stringify({ model: 'm', messages: 'x'.repeat(2000) })
  expect((await post(small, '/v1/chat/completions', body)).status).toBe(413)
  expect((await post(large, '/v1/chat/completions', body)).status).toBe(200)
})

it('a listener with a certificate speaks TLS', async () => {
  const port = await freePort()
  await start({ listeners: [{ port, tls: { cert: fixture('cert'), key: fixture('key') } }] })
  const status = await new Promise((resolve, reject) => {
    const options = { port, method: 'POST', path: '/v1/messages', rejectUnauthorized: false }
    httpsRequest({ ...options, headers: { 'content-type': 'application/json' } }, response => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end('{"model":"m"}')
  })
  expect(status).toBe(200)
})

it('a client that does not finish its headers is refused after the configured time', async () => {
  const port = await freePort()
  await start({ port, http_server: { header_timeout_ms: 200 } })
  const answer = await new Promise<string>((resolve, reject) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () => socket.write('POST /v1/messages HTTP/1.1\r\nHost: localhost\r\n'))
    socket.on('data', bytes => {
      text += bytes
    })
    socket.on('close', () => resolve(text))
    socket.on('error', reject)
  })
  expect(answer).toMatch(/^HTTP\/1\.1 408 /)
  expect(answer).toContain('LR_REQUEST_TIMEOUT')
})
