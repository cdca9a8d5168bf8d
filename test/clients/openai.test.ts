import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { CLIENT_KEY } from '../support/dialects.ts'
import { headerOf } from '../support/http-message.ts'
import { data, endless, json, stream } from '../support/provider.ts'
import { type Rig, startRig } from '../support/roundtrip.ts'

let rig: Rig
let client: OpenAI
beforeAll(async () => {
  rig = await startRig()
  client = clientAt('/v1')
})
beforeEach(() => {
  rig.upstream.requests.length = 0
})
afterAll(() => rig?.close())

const clientAt = (path: string): OpenAI =>
  new OpenAI({ apiKey: CLIENT_KEY, baseURL: rig.gateway.url + path, maxRetries: 0 })
const messages = [{ role: 'user' as const, content: 'What is the weather in Paris?' }]
const tool = {
  type: 'function' as const,
  function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
}
const base = { id: 'chatcmpl-1', created: 1_760_000_000, model: 'gpt-5' }
const completion = (message: object, finish_reason = 'stop'): object => ({
  ...base,
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', ...message }, logprobs: null, finish_reason }],
  usage: { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 },
})
const chunk = (delta: object, finish_reason: string | null = null): string =>
  data({ ...base, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }], obfuscation: 'x7' })
const textEvents = [
  chunk({ role: 'assistant', content: '' }),
  chunk({ content: 'Sunny, 21\u00b0' }),
  chunk({ content: 'C' }),
  chunk({}, 'stop'),
  data('[DONE]'),
]
const failure = (type: string): object => ({ error: { message: `scripted ${type}`, type, param: null, code: type } })

test('a chat completion comes through the OpenAI SDK', async () => {
  rig.upstream.script = json(completion({ content: 'Sunny.' }), 200, [['x-request-id', 'req_1']])
  const {
    data: answer,
    response,
    request_id,
  } = await client.chat.completions.create({ model: 'gpt-5', messages }).withResponse()
  expect(answer.choices[0]?.message.content).toBe('Sunny.')
  expect(request_id).toBe('req_1')
  expect(response.headers.get('x-lunaroute-request-id')).toBeTruthy()
  const [request] = rig.upstream.requests
  expect(headerOf(request!.headers, 'authorization')).toBe(`Bearer ${CLIENT_KEY}`)
  expect(JSON.parse(request!.body().toString())).toEqual({ model: 'gpt-5', messages })
})

test('a streamed chat completion comes through the OpenAI SDK event by event', async () => {
  rig.upstream.script = stream(textEvents)
  let text = ''
  for await (const event of await client.chat.completions.create({ model: 'gpt-5', messages, stream: true })) {
    text += event.choices[0]?.delta.content ?? ''
  }
  expect(text).toBe('Sunny, 21\u00b0C')
})

test('a tool call whose arguments are streamed comes through the OpenAI SDK, and its result goes back', async () => {
  rig.upstream.script = stream([
    chunk({
      role: 'assistant',
      content: null,
      tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '' } }],
    }),
    ...['{"ci', 'ty":"Par', 'is"}'].map(part => chunk({ tool_calls: [{ index: 0, function: { arguments: part } }] })),
    chunk({}, 'tool_calls'),
    data('[DONE]'),
  ])
  const final = await client.chat.completions.stream({ model: 'gpt-5', messages, tools: [tool] }).finalMessage()
  const [call] = final.tool_calls ?? []
  expect(call).toMatchObject({ id: 'call_1', function: { name: 'get_weather', arguments: '{"city":"Paris"}' } })
  rig.upstream.script = json(completion({ content: 'It is sunny in Paris.' }))
  const answer = await client.chat.completions.create({
    model: 'gpt-5',
    tools: [tool],
    messages: [...messages, final, { role: 'tool', tool_call_id: 'call_1', content: 'sunny' }],
  })
  expect(answer.choices[0]?.message.content).toBe('It is sunny in Paris.')
  const sent = JSON.parse(rig.upstream.requests[1]!.body().toString())
  expect(sent.messages.at(-1)).toEqual({ role: 'tool', tool_call_id: 'call_1', content: 'sunny' })
})

const errors = [
  [429, OpenAI.RateLimitError],
  [401, OpenAI.AuthenticationError],
  [404, OpenAI.NotFoundError],
  [500, OpenAI.InternalServerError],
] as const
for (const [status, expected] of errors) {
  test(`a ${status} of the provider is the OpenAI SDK\u2019s ${expected.name}`, async () => {
    rig.upstream.script = json(failure('scripted'), status, [['Retry-After', '7']])
    const error = await client.chat.completions.create({ model: 'gpt-5', messages }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(expected)
    const { code, headers } = error as InstanceType<typeof OpenAI.APIError>
    expect(code).toBe('scripted')
    expect([headers?.get('retry-after'), headers?.get('x-lunaroute-error-source')]).toEqual(['7', 'upstream'])
  })
}

test('a refusal by the gateway is an error the OpenAI SDK understands', async () => {
  const error = await client
    .post('/chat/completions', { body: Buffer.from('no json'), headers: { 'content-type': 'application/json' } })
    .catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(OpenAI.BadRequestError)
  expect((error as InstanceType<typeof OpenAI.APIError>).headers?.get('x-lunaroute-error-source')).toBe('gateway')
})

test('a stream that breaks off is an error in the OpenAI SDK, never a short answer', async () => {
  rig.upstream.script = async (request, wire) => {
    await request.complete
    await wire.head(200, [
      ['content-type', 'text/event-stream'],
      ['transfer-encoding', 'chunked'],
    ])
    await wire.chunk(textEvents.slice(0, 2).join(''))
    wire.close()
  }
  const read = async (): Promise<void> => {
    for await (const _ of await client.chat.completions.create({ model: 'gpt-5', messages, stream: true }));
  }
  await expect(read()).rejects.toThrow()
})

test('a stream the OpenAI SDK aborts is aborted at the provider', async () => {
  rig.upstream.script = endless(textEvents.slice(0, 2))
  const events = await client.chat.completions.create({ model: 'gpt-5', messages, stream: true })
  let left = 0
  for await (const event of events) {
    if (!event.choices[0]?.delta.content) continue
    left = performance.now()
    events.controller.abort()
  }
  expect((await rig.upstream.requests[0]!.aborted) - left).toBeLessThan(100)
})

test('models and embeddings come through the OpenAI SDK', async () => {
  rig.upstream.script = json({
    object: 'list',
    data: [{ id: 'gpt-5', object: 'model', created: 1, owned_by: 'openai' }],
  })
  const models = await client.models.list()
  expect(models.data.map(model => model.id)).toEqual(['gpt-5'])
  const vector = Buffer.from(new Float32Array([0.5, -1]).buffer).toString('base64')
  rig.upstream.script = json({
    object: 'list',
    model: 'e',
    data: [{ object: 'embedding', index: 0, embedding: vector }],
    usage: { prompt_tokens: 1, total_tokens: 1 },
  })
  const embeddings = await client.embeddings.create({ model: 'e', input: 'hello' })
  expect(embeddings.data[0]?.embedding).toEqual([0.5, -1])
})

for (const path of ['/v1', '/v1/', '']) {
  test(`the OpenAI SDK works with "${path}" at the end of its base URL`, async () => {
    rig.upstream.script = json(completion({ content: 'hi' }))
    await clientAt(path).chat.completions.create({ model: 'gpt-5', messages })
    expect(rig.upstream.requests[0]?.target).toBe('/v1/chat/completions')
  })
}
