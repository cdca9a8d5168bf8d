import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import translatePreset from '../../presets/translate.ts'
import { type RunningGateway, startGateway } from '../../test/support/gateway.ts'
import { messageEvents, type ScriptedProvider, scriptedProvider } from '../../test/support/scripted-provider.ts'
import { answer, CHAT_STREAM, completion, TEXT_STREAM, TOOL_STREAM } from '../../test/translation/recorded-answers.ts'

let chat: ScriptedProvider
let messages: ScriptedProvider
let gateway: RunningGateway

beforeAll(async () => {
  chat = await scriptedProvider()
  messages = await scriptedProvider()
  gateway = await startGateway({
    extends: [translatePreset],
    providers: {
      chatty: { dialect: 'openai-chat', base_url: `${chat.url}/v1`, api_key: 'chat-key' },
      wordy: { dialect: 'anthropic-messages', base_url: messages.url, api_key: 'messages-key' },
    },
    models: {
      'gpt-*': { provider: 'chatty' },
      'claude-sonnet-4-5': { provider: 'wordy' },
      alias: { provider: 'wordy', model: 'claude-haiku-4-5' },
    },
  })
})

afterAll(async () => {
  await gateway.close()
  await chat.close()
  await messages.close()
})

describe('a Chat client and a Messages provider', () => {
  const ask = { model: 'claude-sonnet-4-5', messages: [{ role: 'user', content: 'Hi' }] }

  beforeEach(() => messages.script({ json: answer }))

  it('get each what they speak', async () => {
    const reply = await post('/v1/chat/completions', ask)
    expect(reply.status).toBe(200)
    const body = await reply.json()
    expect(body).toMatchObject({
      object: 'chat.completion',
      model: 'claude-sonnet-4-5',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 10, completion_tokens: 3, total_tokens: 13 },
    })
    const sent = messages.received.at(-1)!
    expect(sent).toMatchObject({
      method: 'POST',
      path: '/v1/messages',
      body: { model: 'claude-sonnet-4-5', max_tokens: 64_000, messages: [{ role: 'user' }] },
    })
    expect(sent.headers).toMatchObject({ 'anthropic-version': '2023-06-01', 'x-api-key': 'messages-key' })
    expect(sent.headers.authorization).toBeUndefined()
    expect(sent.headers['openai-organization']).toBeUndefined()
  })

  it('a model of another name is asked for, and answers under the name the client knows', async () => {
    const body = await (await post('/v1/chat/completions', { ...ask, model: 'alias' })).json()
    expect(body).toMatchObject({ model: 'alias' })
    expect(messages.received.at(-1)!.body.model).toBe('claude-haiku-4-5')
  })

  it('a stream comes event by event and ends in its own way', async () => {
    messages.script({ events: TEXT_STREAM })
    const reply = await post('/v1/chat/completions', { ...ask, stream: true })
    expect(reply.headers.get('content-type')).toContain('text/event-stream')
    const events = payloads(await reply.text())
    expect(events.at(-1)).toBe('[DONE]')
    const chunks = events.slice(0, -1).map(each => JSON.parse(each))
    expect(chunks.map(each => each.choices[0]?.delta.content ?? '').join('')).toBe('Hello.')
    expect(new Set(chunks.map(each => each.id)).size).toBe(1)
    expect(chunks.some(each => each.usage)).toBe(false)
  })

  it('a stream is given to a client that asked for none', async () => {
    messages.script({ events: TEXT_STREAM })
    const body = await (await post('/v1/chat/completions', ask)).json()
    expect(body).toMatchObject({
      choices: [{ message: { content: 'Hello.' } }],
      usage: { prompt_tokens: 10, completion_tokens: 3 },
    })
  })

  it('a whole answer is given to a client that asked for a stream', async () => {
    const text = await (await post('/v1/chat/completions', { ...ask, stream: true })).text()
    expect(text).toContain('Hello.')
    expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true)
  })

  it('a cut stream ends in an error and never in a normal end', async () => {
    messages.script({ events: TEXT_STREAM.slice(0, 3), isCut: true })
    const events = payloads(await (await post('/v1/chat/completions', { ...ask, stream: true })).text())
    expect(events).not.toContain('[DONE]')
    expect(JSON.parse(events.at(-1)!).error.message).toContain('broke off')
  })

  it('a stream that ends without its end is one that was cut', async () => {
    messages.script({ events: TEXT_STREAM.slice(0, 3) })
    const events = payloads(await (await post('/v1/chat/completions', { ...ask, stream: true })).text())
    expect(events).not.toContain('[DONE]')
    expect(JSON.parse(events.at(-1)!).error).toBeDefined()
  })

  it('an error before the first event of a stream has its status', async () => {
    messages.script({
      events: messageEvents({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
    })
    const reply = await post('/v1/chat/completions', { ...ask, stream: true })
    expect(reply.status).toBe(503)
    expect(await reply.json()).toMatchObject({ error: { message: 'Overloaded' } })
  })

  it.each([
    [429, 'rate_limit_error', 429, 'rate_limit_error'],
    [529, 'overloaded_error', 503, 'server_error'],
    [401, 'authentication_error', 401, 'authentication_error'],
  ])('an error with status %i %s becomes %i %s', async (status, type, expected, word) => {
    messages.script({
      status,
      headers: { 'retry-after': '7', 'request-id': 'req_up' },
      json: { type: 'error', error: { type, message: 'no' }, request_id: 'req_up' },
    })
    const reply = await post('/v1/chat/completions', ask)
    expect(reply.status).toBe(expected)
    expect(reply.headers.get('retry-after')).toBe('7')
    expect(reply.headers.get('x-lunaroute-error-source')).toBe('upstream')
    expect(await reply.json()).toMatchObject({ error: { type: word, message: 'no' } })
  })

  it('two tools are called in parallel, and their results go back over a turn', async () => {
    messages.script({ events: TOOL_STREAM })
    const tool = (name: string) => ({ type: 'function', function: { name, parameters: { type: 'object' } } })
    const tools = [tool('weather'), tool('time')]
    const reply = await post('/v1/chat/completions', { ...ask, tools, stream: true })
    const calls = new Map<number, { id: string; name: string; input: string }>()
    for (const each of payloads(await reply.text()).slice(0, -1)) {
      for (const call of JSON.parse(each).choices[0]?.delta.tool_calls ?? []) {
        const known = calls.get(call.index) ?? { id: call.id, name: call.function.name, input: '' }
        calls.set(call.index, { ...known, input: known.input + (call.function.arguments ?? '') })
      }
    }
    expect([...calls.values()]).toEqual([
      { id: 'toolu_1', name: 'weather', input: '{"city":"Rome"}' },
      { id: 'toolu_2', name: 'time', input: '{}' },
    ])
    messages.script({ json: answer })
    await post('/v1/chat/completions', {
      ...ask,
      tools,
      messages: [
        ...ask.messages,
        {
          role: 'assistant',
          content: null,
          tool_calls: [...calls.values()].map(({ id, name, input }) => ({
            id,
            type: 'function',
            function: { name, arguments: input },
          })),
        },
        { role: 'tool', tool_call_id: 'toolu_1', content: 'sunny' },
        { role: 'tool', tool_call_id: 'toolu_2', content: 'noon' },
      ],
    })
    const [, turn, results] = messages.received.at(-1)!.body.messages as readonly { content: unknown }[]
    // The client had no place for the thinking; the gateway kept it.
    expect(turn!.content).toEqual([
      { type: 'thinking', thinking: 'Which city?', signature: 'c2ln' },
      { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Rome' } },
      { type: 'tool_use', id: 'toolu_2', name: 'time', input: {} },
    ])
    expect(results!.content).toMatchObject([
      { type: 'tool_result', tool_use_id: 'toolu_1' },
      { type: 'tool_result', tool_use_id: 'toolu_2' },
    ])
  })

  it('what cannot be carried over is named in a header', async () => {
    const reply = await post('/v1/chat/completions', { ...ask, seed: 7, logit_bias: { 5: 1 } })
    expect(reply.headers.get('x-lunaroute-dropped')).toBe('seed, logit_bias')
  })

  it('several answers are refused, in the words of the client', async () => {
    const reply = await post('/v1/chat/completions', { ...ask, n: 2 })
    expect(reply.status).toBe(400)
    expect(await reply.json()).toMatchObject({ error: { code: 'LR_UNSUPPORTED', param: 'n' } })
  })
})

describe('a Messages client and a Chat provider', () => {
  const ask = { model: 'gpt-5', max_tokens: 1000, messages: [{ role: 'user', content: 'Hi' }] }
  const headers = { 'anthropic-version': '2023-06-01', 'x-api-key': 'client-key', 'anthropic-beta': 'x' }

  beforeEach(() => chat.script({ json: completion }))

  it('get each what they speak', async () => {
    const reply = await post('/v1/messages?beta=true', ask, headers)
    expect(await reply.json()).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: 'gpt-5',
      content: [{ type: 'text', text: 'Hello.' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 10, output_tokens: 3 },
    })
    const sent = chat.received.at(-1)!
    expect(sent).toMatchObject({ path: '/v1/chat/completions', body: { model: 'gpt-5', max_completion_tokens: 1000 } })
    expect(sent.headers).toMatchObject({ authorization: 'Bearer chat-key' })
    expect(sent.headers['x-api-key']).toBeUndefined()
    expect(sent.headers['anthropic-version']).toBeUndefined()
    expect(sent.headers['anthropic-beta']).toBeUndefined()
  })

  it('a stream has the whole grammar, and usage from its beginning', async () => {
    chat.script({ events: CHAT_STREAM })
    const text = await (await post('/v1/messages', { ...ask, stream: true }, headers)).text()
    const events = payloads(text).map(each => JSON.parse(each))
    expect(events.map(each => each.type)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
    expect(events[0].message.usage.input_tokens).toBeGreaterThan(0)
    expect(events.at(-2)).toMatchObject({ delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 3 } })
    expect(chat.received.at(-1)!.body.stream_options).toEqual({ include_usage: true })
  })

  it('a stream whose provider gives its reason to stop, and then no end, ends all the same', async () => {
    const heartbeats = [...CHAT_STREAM.slice(0, -1), ': heartbeat\n\n']
    chat.script({ events: heartbeats, isHeld: true })
    const events = payloads(await (await post('/v1/messages', { ...ask, stream: true }, headers)).text())
    expect(JSON.parse(events.at(-1)!)).toEqual({ type: 'message_stop' })
    const whole = await (await post('/v1/messages', ask, headers)).json()
    expect(whole).toMatchObject({ type: 'message', stop_reason: 'end_turn' })
  })

  it('a cut stream ends in an error event', async () => {
    chat.script({ events: CHAT_STREAM.slice(0, 2), isCut: true })
    const text = await (await post('/v1/messages', { ...ask, stream: true }, headers)).text()
    const events = payloads(text).map(each => JSON.parse(each))
    expect(events.at(-1).type).toBe('error')
    expect(text).not.toContain('message_stop')
  })

  it('an overlong conversation is told in the words that clients compact on', async () => {
    const message =
      "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."
    chat.script({ status: 400, json: { error: { message, type: 'invalid_request_error', param: null, code: null } } })
    const reply = await post('/v1/messages', ask, headers)
    expect(reply.status).toBe(400)
    expect(await reply.json()).toMatchObject({
      error: { type: 'invalid_request_error', message: 'prompt is too long: 9000 tokens > 8192 maximum' },
    })
  })

  it('tokens are counted by estimate where the provider cannot count', async () => {
    const { max_tokens: _, ...question } = ask
    const reply = await post('/v1/messages/count_tokens', question, headers)
    expect(reply.headers.get('x-lunaroute-token-count')).toBe('estimated')
    expect(await reply.json()).toEqual({ input_tokens: expect.any(Number) })
  })
})

describe('the models of the map', () => {
  it.each([
    [{ authorization: 'Bearer k' }, { object: 'list', data: [{ id: 'claude-sonnet-4-5' }, { id: 'alias' }] }],
    [{ 'anthropic-version': '2023-06-01' }, { data: [{ id: 'claude-sonnet-4-5', type: 'model' }, { id: 'alias' }] }],
  ])('are listed for a client with %o', async (headers, expected) => {
    const reply = await fetch(`${gateway.url}/v1/models`, { headers: headers as Record<string, string> })
    expect(await reply.json()).toMatchObject(expected)
  })

  it('are told of one by one', async () => {
    const reply = await fetch(`${gateway.url}/v1/models/alias`, { headers: { authorization: 'Bearer k' } })
    expect(await reply.json()).toMatchObject({ id: 'alias', object: 'model' })
  })
})

function post(path: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  const own = { 'content-type': 'application/json', 'openai-organization': 'org', ...headers }
  const key: Record<string, string> = headers['x-api-key'] ? {} : { authorization: 'Bearer client-key' }
  return fetch(gateway.url + path, { method: 'POST', headers: { ...own, ...key }, body: JSON.stringify(body) })
}

function payloads(text: string): readonly string[] {
  return text.split('\n').flatMap(line => (line.startsWith('data: ') ? [line.slice(6)] : []))
}
