import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { providersAt, type ServingGateway, serve, startUpstream, type Upstream } from '../../test/support/serving.ts'
import openai from '../openai/index.ts'
import validate from './index.ts'

let gateway: ServingGateway
let upstream: Upstream
beforeAll(async () => {
  upstream = await startUpstream()
  gateway = await serve({
    plugins: [openai(), validate({ parse_up_to: 100, scan_up_to: 1000 })],
    providers: { openai: providersAt(upstream.url)['openai']! },
  })
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})
let before = 0
beforeEach(() => {
  before = upstream.received.length
})

const filler = (length: number) => 'x'.repeat(length)

describe('refused before any call', () => {
  it.each([
    ['a literal that is none', '{"model":tru}', 'LR_BAD_JSON'],
    ['broken JSON deep inside', '{"model":"m","messages":[{"role":}]}', 'LR_BAD_JSON'],
    ['a literal that is none, after text beyond ASCII', '{"x":"é 中","model":tru}', 'LR_BAD_JSON'],
    ['a space that JSON does not know', '{"model":\u00a0"m"}', 'LR_BAD_JSON'],
    ['a list', '[{"model":"m"}]', 'LR_BAD_JSON'],
    ['nothing', '', 'LR_BAD_JSON'],
    ['something after the object', '{"model":"m"}{}', 'LR_BAD_JSON'],
    ['a larger body without its end', `{"model":"m","x":["${filler(200)}"}`, 'LR_BAD_JSON'],
    ['a larger body whose model is broken', `{"model":{"a":tru},"x":"${filler(200)}"}`, 'LR_BAD_JSON'],
    ['bytes that are not UTF-8', Buffer.from('{"model":"\xff"}', 'latin1'), 'LR_BAD_UTF8'],
    ['half a surrogate pair', Buffer.from('{"model":"\xed\xa0\x80"}', 'latin1'), 'LR_BAD_UTF8'],
    ['bytes that are not UTF-8 in a huge body', Buffer.from(`{"x":"${filler(2000)}\xc3"}`, 'latin1'), 'LR_BAD_UTF8'],
  ])('%s', async (_, body, code) => {
    const response = await post(body)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { code, type: 'invalid_request_error' } })
    expect(upstream.received).toHaveLength(before)
  })
})

describe('passed on byte for byte', () => {
  it.each([
    ['an object with odd spacing', ' {"model" : "m" }\n'],
    ['an object without a model', '{}'],
    ['escapes and characters of every length', '{"model":"\\ud83d\\ude00 \u00e9 \u4e2d \u{1f600}"}'],
    ['a larger body, broken only inside its values', `{"model":"m","x":["${filler(200)}",tru]}`],
    ['a huge body that is not JSON inside', `{"model":"m" "x":"${filler(2000)}"}`],
  ])('%s', async (_, body) => {
    const response = await post(body)
    expect(response.status).toBe(200)
    expect(upstream.received.at(-1)!.body.toString()).toBe(body)
  })
})

it('the log does not quote what a client sent', async () => {
  await post('{"model":"m","messages":[my secret prompt]}')
  expect(JSON.stringify(gateway.lines)).not.toContain('secret')
})

it('a body of another kind is not looked at', async () => {
  const response = await post('\xff', '/v1/responses/resp_1/cancel')
  expect(response.status).toBe(200)
})

function post(body: string | Buffer, path = '/v1/chat/completions') {
  return fetch(gateway.url + path, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
}
