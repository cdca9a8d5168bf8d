import type { RequestListener } from 'node:http'
import { gzipSync } from 'node:zlib'
import { definePlugin, type Handlers } from 'lunaroute'
import { afterEach, expect, it } from 'vitest'
import { startGateway } from '../support/gateway.ts'
import { startUpstream } from '../support/serving.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const event = (text: string) => `data: {"text":"${text}"}\n\n`

/** What a client of Messages receives of a provider's answer when a plugin reads it, and how it ended. */
async function through(answer: RequestListener, streamChunk: Handlers['streamChunk']) {
  const upstream = await startUpstream(answer)
  const reader = definePlugin({ name: 'reader', setup: () => ({ streamChunk }) })
  const providers = { anthropic: { base_url: upstream.url, api_key: 'k' } }
  const gateway = await startGateway({ extends: ['passthrough'], plugins: [reader()], providers })
  closers.push(
    () => upstream.close(),
    () => gateway.close(),
  )
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${gateway.url}/v1/messages`, { method: 'POST', headers, body: '{"model":"m"}' })
  let text = ''
  try {
    const decoder = new TextDecoder()
    for await (const bytes of response.body!) text += decoder.decode(bytes, { stream: true })
    return { text, isWhole: true, headers: response.headers }
  } catch {
    return { text, isWhole: false, headers: response.headers }
  }
}

const stream: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(event('one'))
  response.end(event('two'))
}

it('a plugin that fails in the middle of a stream ends it with the dialect\u2019s error event, and no clean end', async () => {
  const { text, isWhole } = await through(stream, chunk => {
    if (chunk.data.includes('two')) throw new Error('no twos')
  })
  expect(text).toContain(event('one'))
  expect(text).toMatch(/event: error\ndata: \{"type":"error","error":\{"type":"api_error"/)
  expect(text).not.toContain('no twos')
  expect(isWhole).toBe(false)
})

it('a provider that breaks off leaves whole events, an error event, and no clean end', async () => {
  const { text, isWhole } = await through(
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(`${event('one')}data: {"unfinished`, () => response.destroy())
    },
    () => undefined,
  )
  expect(text.startsWith(`${event('one')}event: error\n`)).toBe(true)
  expect(text).not.toContain('unfinished')
  expect(isWhole).toBe(false)
})

it('a coded answer from a provider that was asked for a plain one is read, at the client\u2019s pace', async () => {
  const events = Array.from({ length: 20_000 }, (_, i) => event(`number ${i}`)).join('')
  const { text, isWhole, headers } = await through(
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' })
      response.end(gzipSync(events))
    },
    chunk => chunk.with(chunk.json()),
  )
  expect(isWhole).toBe(true)
  expect(headers.get('content-encoding')).toBeNull()
  expect(text).toBe(events)
})
