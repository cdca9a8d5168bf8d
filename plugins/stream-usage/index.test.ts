import { expect, it, onTestFinished } from 'vitest'
import { type GatewayOptions, gateway } from '../../src/testing.ts'
import config from './example.config.ts'

const CHAT = '/v1/chat/completions'
const delta = 'data: {"choices":[{"index":0,"delta":{"content":"\\"usage\\""}}],"usage":null}\n\n'
const usage = 'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}\n\n'
const end = 'data: [DONE]\n\n'

async function start(options: GatewayOptions = {}) {
  const g = await gateway(config, { upstream: () => ({ stream: [delta, usage, end] }), ...options })
  onTestFinished(() => g.close())
  return g
}

it('asks for the usage, changes nothing else, and keeps it from the client', async () => {
  const g = await start()
  const reply = await g.post(CHAT, '{ "model":"m",  "stream":true }')
  expect(await reply.text()).toBe(delta + end)
  expect(g.received[0]!.body.toString()).toBe('{ "model":"m",  "stream":true,"stream_options":{"include_usage":true} }')
})

it('keeps the other options of the stream', async () => {
  const g = await start()
  await (await g.post(CHAT, { model: 'm', stream: true, stream_options: { include_obfuscation: false } })).text()
  expect(JSON.parse(g.received[0]!.body.toString())).toMatchObject({
    stream_options: { include_obfuscation: false, include_usage: true },
  })
})

it.each([true, false])('leaves alone who says include_usage: %s', async include => {
  const g = await start()
  const body = `{"model":"m","stream":true,"stream_options":{ "include_usage": ${include} }}`
  expect(await (await g.post(CHAT, body)).text()).toBe(delta + usage + end)
  expect(g.received[0]!.body.toString()).toBe(body)
})

it.each([
  [CHAT, '{"model":"m"}'],
  [CHAT, '{"model":"m","stream":true,"stream_options":7}'],
  ['/v1/responses', '{"model":"m","stream":true}'],
  ['/v1/messages', '{"model":"m","stream":true}'],
])('leaves alone %s %s', async (path, body) => {
  const g = await start()
  const headers = path === '/v1/messages' ? { 'anthropic-version': '2023-06-01' } : {}
  expect(await (await g.post(path, body, headers)).text()).toBe(delta + usage + end)
  expect(g.received[0]!.body.toString()).toBe(body)
})
