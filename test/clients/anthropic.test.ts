import Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { CLIENT_KEY } from '../support/dialects.ts'
import { headerOf } from '../support/http-message.ts'
import { endless, json, stream, typed } from '../support/provider.ts'
import { type Rig, startRig } from '../support/roundtrip.ts'

let rig: Rig
let client: Anthropic
beforeAll(async () => {
  rig = await startRig()
  client = new Anthropic({ apiKey: CLIENT_KEY, baseURL: rig.gateway.url, maxRetries: 0 })
})
beforeEach(() => {
  rig.upstream.requests.length = 0
})
afterAll(() => rig?.close())

const ask = {
  model: 'claude-opus-4-5',
  max_tokens: 100,
  messages: [{ role: 'user' as const, content: 'weather in Paris?' }],
}
const tools = [
  { name: 'get_weather', input_schema: { type: 'object' as const, properties: { city: { type: 'string' } } } },
]
const usage = { input_tokens: 10, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 }
const answer = (content: readonly object[], stop_reason: string | null = 'end_turn'): object => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-opus-4-5',
  content,
  stop_reason,
  stop_sequence: null,
  usage,
})
const event = (type: string, fields: object = {}): string => typed({ type, ...fields })
const block = (index: number, content_block: object, deltas: readonly object[]): string[] => [
  event('content_block_start', { index, content_block }),
  ...deltas.map(delta => event('content_block_delta', { index, delta })),
  event('content_block_stop', { index }),
]
const wrapped = (blocks: readonly string[], stop_reason: string): string[] => [
  event('message_start', { message: answer([], null) }),
  event('ping'),
  ...blocks,
  event('message_delta', { delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 12 } }),
  event('message_stop'),
]
const text = (...parts: string[]): string[] =>
  block(
    0,
    { type: 'text', text: '' },
    parts.map(part => ({ type: 'text_delta', text: part })),
  )

test('a message comes through the Anthropic SDK', async () => {
  rig.upstream.script = json(answer([{ type: 'text', text: 'Sunny.' }]), 200, [['request-id', 'req_1']])
  const message = await client.messages.create(ask)
  expect(message.content).toEqual([{ type: 'text', text: 'Sunny.' }])
  expect(message._request_id).toBe('req_1')
  const [request] = rig.upstream.requests
  expect(request!.target).toBe('/v1/messages')
  expect(request!.rawHead.toString()).toContain(CLIENT_KEY)
  expect(request!.rawHead.toString()).not.toContain('gateway-')
  expect(headerOf(request!.headers, 'anthropic-version')).toBeTruthy()
})

test('a key in x-api-key or a token reaches the provider in the header it came in', async () => {
  rig.upstream.script = json(answer([]))
  const tokenOnly = new Anthropic({ apiKey: null, authToken: 'token-1', baseURL: rig.gateway.url, maxRetries: 0 })
  await tokenOnly.messages.create(ask)
  const keyOnly = new Anthropic({
    apiKey: null,
    baseURL: rig.gateway.url,
    maxRetries: 0,
    defaultHeaders: { 'x-api-key': 'key-1', authorization: null },
  })
  await keyOnly.messages.create(ask)
  const [first, second] = rig.upstream.requests
  expect(headerOf(first!.headers, 'authorization')).toBe('Bearer token-1')
  expect(headerOf(first!.headers, 'x-api-key')).toBeUndefined()
  expect(headerOf(second!.headers, 'x-api-key')).toBe('key-1')
})

test('a streamed message comes through the Anthropic SDK', async () => {
  rig.upstream.script = stream(wrapped(text('Sunny, ', '21\u00b0', 'C'), 'end_turn'))
  const parts: string[] = []
  const events = client.messages.stream(ask).on('text', part => parts.push(part))
  const final = await events.finalMessage()
  expect(parts).toEqual(['Sunny, ', '21\u00b0', 'C'])
  expect([final.stop_reason, final.usage.output_tokens]).toEqual(['end_turn', 12])
})

test('thinking and a tool call whose input is streamed come through the Anthropic SDK, and the result goes back', async () => {
  const thinking = block(0, { type: 'thinking', thinking: '', signature: '' }, [
    { type: 'thinking_delta', thinking: 'Let me look.' },
    { type: 'signature_delta', signature: 'c2ln' },
  ])
  const call = block(
    1,
    { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: {} },
    ['', '{"ci', 'ty": "Par', 'is"}'].map(part => ({ type: 'input_json_delta', partial_json: part })),
  )
  rig.upstream.script = stream(wrapped([...thinking, ...call], 'tool_use'))
  const final = await client.messages.stream({ ...ask, tools }).finalMessage()
  expect(final.content).toMatchObject([
    { type: 'thinking', thinking: 'Let me look.', signature: 'c2ln' },
    { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'Paris' } },
  ])
  rig.upstream.script = json(answer([{ type: 'text', text: 'Sunny in Paris.' }]))
  const result = {
    role: 'user' as const,
    content: [{ type: 'tool_result' as const, tool_use_id: 'toolu_1', content: 'sunny' }],
  }
  const second = await client.messages.create({
    ...ask,
    tools,
    messages: [...ask.messages, { role: 'assistant', content: final.content }, result],
  })
  expect(second.content).toMatchObject([{ text: 'Sunny in Paris.' }])
  expect(JSON.parse(rig.upstream.requests[1]!.body().toString()).messages[1].content[0].signature).toBe('c2ln')
})

const errors = [
  [429, Anthropic.RateLimitError],
  [401, Anthropic.AuthenticationError],
  [500, Anthropic.InternalServerError],
  [529, Anthropic.InternalServerError],
] as const
for (const [status, expected] of errors) {
  test(`a ${status} of the provider is the Anthropic SDK\u2019s ${expected.name}`, async () => {
    rig.upstream.script = json({ type: 'error', error: { type: 'scripted_error', message: 'scripted' } }, status, [
      ['retry-after', '7'],
    ])
    const error = await client.messages.create(ask).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(expected)
    const failure = error as InstanceType<typeof Anthropic.APIError>
    expect([failure.status, failure.headers?.get('retry-after')]).toEqual([status, '7'])
    expect(failure.headers?.get('x-lunaroute-error-source')).toBe('upstream')
    expect(failure.error).toMatchObject({ type: 'error', error: { message: 'scripted' } })
  })
}

test('an error event inside a stream is an error in the Anthropic SDK', async () => {
  rig.upstream.script = stream([
    event('message_start', { message: answer([], null) }),
    event('error', { error: { type: 'overloaded_error', message: 'Overloaded' } }),
  ])
  await expect(client.messages.stream(ask).finalMessage()).rejects.toThrow(/Overloaded/)
})

test('a stream that breaks off is an error in the Anthropic SDK, never a short answer', async () => {
  rig.upstream.script = async (request, wire) => {
    await request.complete
    await wire.head(200, [
      ['content-type', 'text/event-stream'],
      ['transfer-encoding', 'chunked'],
    ])
    await wire.chunk(wrapped(text('Sun'), 'end_turn').slice(0, 4).join(''))
    wire.close()
  }
  await expect(client.messages.stream(ask).finalMessage()).rejects.toThrow()
})

test('a stream the Anthropic SDK aborts is aborted at the provider', async () => {
  rig.upstream.script = endless(wrapped(text('Sun'), 'end_turn').slice(0, 4))
  const events = client.messages.stream(ask)
  let left = 0
  events.on('text', () => {
    left = performance.now()
    events.abort()
  })
  await expect(events.finalMessage()).rejects.toBeInstanceOf(Anthropic.APIUserAbortError)
  expect((await rig.upstream.requests[0]!.aborted) - left).toBeLessThan(100)
})

test('tokens are counted and models listed through the Anthropic SDK', async () => {
  rig.upstream.script = json({ input_tokens: 42 })
  expect((await client.messages.countTokens({ model: ask.model, messages: ask.messages })).input_tokens).toBe(42)
  rig.upstream.script = json({
    data: [{ type: 'model', id: 'claude-opus-4-5', display_name: 'Opus', created_at: '2025-11-24T00:00:00Z' }],
    has_more: false,
    first_id: 'a',
    last_id: 'a',
  })
  expect((await client.models.list({ limit: 1000 })).data.map(model => model.id)).toEqual(['claude-opus-4-5'])
  expect(rig.upstream.requests.map(request => request.target)).toEqual([
    '/v1/messages/count_tokens',
    '/v1/models?limit=1000',
  ])
})
