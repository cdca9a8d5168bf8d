import { definePlugin, GatewayError } from 'lunaroute'
import { expect, it, onTestFinished } from 'vitest'
import { gateway } from '../../src/testing.ts'
import anthropic from '../anthropic/index.ts'
import openai from '../openai/index.ts'
import validate from '../validate/index.ts'
import config from './example.config.ts'
import cors from './index.ts'

const CHAT = '/v1/chat/completions'
const PAGE = 'http://localhost:5173'
const OPEN = { 'x-gate': '1' }
const asking = (origin: string, more: Record<string, string> = {}) => ({
  method: 'OPTIONS',
  headers: { origin, 'access-control-request-method': 'POST', ...more },
})

/** Refuses what brings no key, and so every question that a browser asks first. */
const gate = definePlugin({
  name: 'gate',
  setup: () => ({
    ingress({ head }) {
      if (head.get('x-gate') === undefined) throw new GatewayError('LR_FORBIDDEN', 403, 'bring the header x-gate')
    },
  }),
})

async function start(options: Parameters<typeof cors>[0] = {}, headers: Record<string, string> = {}) {
  const plugins = [openai(), anthropic(), validate(), gate(), cors(options)]
  const g = await gateway({ plugins }, { upstream: () => ({ body: { ok: true }, headers }) })
  onTestFinished(() => g.close())
  return g
}

it('answers the question of a page of this machine, which reaches no provider', async () => {
  const g = await start()
  const wanted = { 'access-control-request-headers': 'authorization, content-type, x-stainless-os' }
  const reply = await g.fetch(CHAT, asking(PAGE, wanted))
  expect(reply.status).toBe(204)
  expect(Object.fromEntries(reply.headers)).toMatchObject({
    'access-control-allow-origin': PAGE,
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': 'authorization, content-type, x-stainless-os',
    'access-control-max-age': '600',
  })
  expect(g.received).toEqual([])
})

it('lets the page read answers, and the refusals of other plugins', async () => {
  const g = await start()
  for (const [body, headers, status] of [
    [{ model: 'm', messages: [] }, OPEN, 200],
    ['no JSON', OPEN, 400],
    [{ model: 'm', messages: [] }, {}, 403],
  ] as const) {
    const reply = await g.post(CHAT, body, { origin: PAGE, ...headers })
    expect(reply.status).toBe(status)
    expect(reply.headers.get('access-control-allow-origin')).toBe(PAGE)
    expect(reply.headers.get('access-control-expose-headers')).toBe('*')
  }
})

it('takes the place of what a provider says of its own origins', async () => {
  const g = await start({}, { 'access-control-allow-origin': 'https://provider.example' })
  const reply = await g.post(CHAT, { model: 'm' }, { origin: PAGE, ...OPEN })
  expect(reply.headers.get('access-control-allow-origin')).toBe(PAGE)
})

it('says nothing to other pages, and nothing to programs', async () => {
  const g = await start({ origins: ['http://127.0.0.1:3000'] })
  expect((await g.fetch(CHAT, asking(PAGE, OPEN))).status).toBe(405)
  for (const headers of [{ origin: PAGE }, {}]) {
    const reply = await g.post(CHAT, { model: 'm' }, headers)
    expect(reply.headers.get('access-control-allow-origin')).toBe(null)
  }
  expect((await g.fetch(CHAT, asking('http://127.0.0.1:3000'))).status).toBe(204)
})

it('loopback is this machine and no host that looks like it', async () => {
  const g = await start()
  for (const origin of ['http://127.0.0.1', 'https://app.localhost:8443', 'http://[::1]:5173']) {
    expect((await g.fetch(CHAT, asking(origin))).status, origin).toBe(204)
  }
  for (const origin of ['http://localhost.evil.example', 'http://127.0.0.1.evil.example', 'null']) {
    expect((await g.fetch(CHAT, asking(origin))).status, origin).not.toBe(204)
  }
})

it('serves the pages of the example, and refuses those of others', async () => {
  const g = await gateway(config, { upstream: () => ({ body: { ok: true } }) })
  onTestFinished(() => g.close())
  expect((await g.fetch(CHAT, asking('https://chat.example'))).status).toBe(204)
  expect((await g.fetch(CHAT, asking('https://evil.example'))).status).toBe(403)
})

it('every page may, where that is wanted', async () => {
  const g = await start({ origins: ['*'] })
  const reply = await g.fetch(CHAT, asking('vscode-webview://abc'))
  expect([reply.status, reply.headers.get('access-control-allow-origin')]).toEqual([204, 'vscode-webview://abc'])
})
