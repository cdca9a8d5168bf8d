import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dataEvents, messageEvents } from '../support/scripted-provider.ts'
import { until } from '../support/until.ts'
import { BEARER, type LlmGateway, startLlmGateway } from './gateway.ts'

const HASH = createHash('sha256').update('sk-gateway-001').digest('hex').slice(0, 8)
const CHAT = '/v1/chat/completions'
const messages = [{ role: 'user', content: 'Hello!' }]

const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 },
}
const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-3-5-sonnet-20241022',
  content: [{ type: 'text', text: 'Bonjour.' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 12, output_tokens: 4 },
}
const content = {
  candidates: [{ index: 0, content: { role: 'model', parts: [{ text: 'Hallo.' }] }, finishReason: 'STOP' }],
  usageMetadata: { promptTokenCount: 7, candidatesTokenCount: 3, totalTokenCount: 10 },
  modelVersion: 'gemini-1.5-pro-latest',
}
const chunk = (choices: readonly object[], usage?: object) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'gpt-4',
  choices,
  ...(usage && { usage }),
})

let llm: LlmGateway

beforeAll(async () => {
  llm = await startLlmGateway()
})

afterAll(() => llm.close())

/** The labels of a series, as the page writes them. */
function labels(provider: string, model: string, key = 'my-app', hash = HASH): string {
  return `api_key="${key}",api_key_hash="${hash}",provider="${provider}",model="${model}"`
}

/** What a request adds to a series. */
async function added(series: string, request: () => Promise<unknown>, by: number): Promise<void> {
  const before = (await llm.metric(series)) ?? 0
  await request()
  await until(async () => ((await llm.metric(series)) ?? 0) === before + by, `${series} grows by ${by}`)
}

describe('a config of the documents, with no word of a preset', () => {
  it('runs the preset, without a warning', () => {
    const { plugins, warnings } = llm.gateway.config()
    expect(plugins).toContain('api-keys')
    expect(warnings).toEqual([])
  })

  it("serves Claude at the OpenAI endpoint, as the documents' curl asks", async () => {
    llm.anthropic.script({ json: message })
    const reply = await llm.post(CHAT, { model: 'claude-3-5-sonnet', messages })
    expect(reply.status).toBe(200)
    expect(await reply.json()).toMatchObject({
      object: 'chat.completion',
      model: 'claude-3-5-sonnet',
      choices: [{ message: { content: 'Bonjour.' } }],
    })
    const sent = llm.anthropic.received.at(-1)!
    expect(sent).toMatchObject({ path: '/v1/messages', body: { model: 'claude-3-5-sonnet-20241022' } })
    expect(sent.headers).toMatchObject({
      'x-api-key': 'sk-ant-your-anthropic-key',
      'anthropic-version': '2023-06-01',
    })
    expect(JSON.stringify(sent)).not.toContain('sk-gateway')
  })

  it('passes OpenAI on with its own key', async () => {
    llm.openai.script({ json: completion })
    const reply = await llm.post(CHAT, { model: 'gpt-4', messages })
    expect(await reply.json()).toEqual(completion)
    const sent = llm.openai.received.at(-1)!
    expect(sent).toMatchObject({ path: CHAT, headers: { authorization: 'Bearer sk-your-openai-key' } })
    expect(JSON.stringify(sent)).not.toContain('sk-gateway')
  })

  it('serves Gemini, whose model may be written with its prefix', async () => {
    llm.gemini.script({ json: content })
    const reply = await llm.post(CHAT, { model: 'gemini-1.5-pro', messages })
    expect(await reply.json()).toMatchObject({ choices: [{ message: { content: 'Hallo.' } }] })
    const sent = llm.gemini.received.at(-1)!
    expect(sent.path).toBe('/v1beta/models/gemini-1.5-pro-latest:generateContent')
    expect(sent.headers['x-goog-api-key']).toBe('your-gemini-key')
    expect(JSON.stringify(sent)).not.toContain('sk-gateway')
  })

  it('streams what Claude streams, event by event', async () => {
    llm.anthropic.script({ events: CLAUDE_STREAM })
    const reply = await llm.post(CHAT, { model: 'claude-3-5-sonnet', messages, stream: true })
    expect(reply.headers.get('content-type')).toContain('text/event-stream')
    const text = await reply.text()
    expect(text).toContain('"content":"Bonjour."')
    expect(text).not.toContain('"usage":{')
    expect(reply.headers.get('x-lunaroute-dropped')).toBeNull()
    expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true)
  })

  it('lists the configured models', async () => {
    const reply = await fetch(`${llm.url}/v1/models`, { headers: BEARER })
    const { data } = (await reply.json()) as { data: { id: string }[] }
    expect(data.map(({ id }) => id)).toEqual(['gpt-4', 'claude-3-5-sonnet', 'gemini-1.5-pro'])
  })
})

describe('who has no key', () => {
  it.each([
    ['none', {}],
    ['a wrong one', { authorization: 'Bearer sk-gateway-003' }],
    ['a disabled one', { authorization: 'Bearer sk-gateway-002' }],
    ["a provider's", { authorization: 'Bearer sk-your-openai-key' }],
  ])('is refused with %s, and nothing is sent', async (_, headers) => {
    const before = llm.openai.received.length
    const reply = await llm.post(CHAT, { model: 'gpt-4', messages }, headers)
    expect(reply.status).toBe(401)
    expect(await reply.json()).toMatchObject({ error: { type: 'authentication_error', code: 'LR_UNAUTHORIZED' } })
    expect((await fetch(`${llm.url}/v1/models`, { headers })).status).toBe(401)
    expect(llm.openai.received).toHaveLength(before)
  })

  it('is refused in its own dialect', async () => {
    const claude = await llm.post('/v1/messages', {}, { 'anthropic-version': '2023-06-01' })
    expect([claude.status, await claude.json()]).toMatchObject([
      401,
      { type: 'error', error: { type: 'authentication_error' } },
    ])
    const gemini = await llm.post('/v1beta/models/gemini-1.5-pro:generateContent', {}, {})
    expect([gemini.status, await gemini.json()]).toMatchObject([401, { error: { status: 'UNAUTHENTICATED' } }])
  })

  it.each(['/health', '/ready', '/metrics'])('still gets %s', async path => {
    expect((await fetch(llm.url + path)).status).toBe(200)
  })
})

describe('clients of the other dialects', () => {
  it('may bring the key where they keep keys', async () => {
    llm.anthropic.script({ json: message })
    const headers = { 'x-api-key': 'sk-gateway-001', 'anthropic-version': '2023-01-01' }
    const body = { model: 'claude-3-5-sonnet', max_tokens: 9, messages }
    expect((await llm.post('/v1/messages', body, headers)).status).toBe(200)
    expect(llm.anthropic.received.at(-1)!.headers['x-api-key']).toBe('sk-ant-your-anthropic-key')

    llm.gemini.script({ json: content })
    const contents = [{ role: 'user', parts: [{ text: 'Hello!' }] }]
    const path = '/v1beta/models/gemini-1.5-pro:generateContent'
    expect((await llm.post(path, { contents }, { 'x-goog-api-key': 'sk-gateway-001' })).status).toBe(200)
    const sent = llm.gemini.received.at(-1)!
    expect(sent.path).toBe('/v1beta/models/gemini-1.5-pro-latest:generateContent')
    expect((await llm.post(`${path}?key=sk-gateway-001`, { contents }, {})).status).toBe(200)
    expect(JSON.stringify(llm.gemini.received.at(-1))).not.toContain('sk-gateway')
  })
})

describe('the metrics', () => {
  const ask =
    (model: string, more: object = {}) =>
    async () => {
      await (await llm.post(CHAT, { model, messages, ...more })).text()
    }

  it('count requests and their time by key, provider and model', async () => {
    llm.openai.script({ json: completion })
    await added(`llm_requests_total{${labels('openai', 'gpt-4')}}`, ask('gpt-4'), 1)
    await added(`llm_request_duration_seconds_count{${labels('openai', 'gpt-4')}}`, ask('gpt-4'), 1)
  })

  it.each([
    ['openai', 'gpt-4', 9, 2],
    ['anthropic', 'claude-3-5-sonnet', 12, 4],
    ['gemini', 'gemini-1.5-pro', 7, 3],
  ] as const)('count the tokens of %s', async (provider, model, input, output) => {
    llm.openai.script({ json: completion })
    llm.anthropic.script({ json: message })
    llm.gemini.script({ json: content })
    const series = `llm_tokens_total{${labels(provider, model)}`
    await added(`${series},type="input"}`, ask(model), input)
    await added(`${series},type="output"}`, ask(model), output)
  })

  it('count the tokens of streams: translated, though the client does not see them, and passed through', async () => {
    llm.anthropic.script({ events: CLAUDE_STREAM })
    const claude = `llm_tokens_total{${labels('anthropic', 'claude-3-5-sonnet')},type="output"}`
    await added(claude, ask('claude-3-5-sonnet', { stream: true }), 5)
    llm.openai.script({ events: OPENAI_STREAM })
    const gpt = `llm_tokens_total{${labels('openai', 'gpt-4')},type="output"}`
    await added(gpt, ask('gpt-4', { stream: true, stream_options: { include_usage: true } }), 6)
    await added(gpt, ask('gpt-4', { stream: true }), 6)
  })

  it.each([
    ['anthropic', '/v1/messages', { model: 'claude-3-5-sonnet', max_tokens: 9, messages, stream: true }, 5],
    ['gemini', '/v1beta/models/gemini-1.5-pro:streamGenerateContent?alt=sse', { contents: [] }, 3],
  ] as const)('count the tokens of a stream of %s that passes through', async (provider, path, body, output) => {
    llm.anthropic.script({ events: CLAUDE_STREAM })
    llm.gemini.script({ events: dataEvents(content) })
    const model = provider === 'gemini' ? 'gemini-1.5-pro' : 'claude-3-5-sonnet'
    const series = `llm_tokens_total{${labels(provider, model)},type="output"}`
    await added(series, async () => (await llm.post(path, body)).text(), output)
  })

  it('count errors by what they are', async () => {
    const error = { error: { message: 'slow down', type: 'rate_limit_error' } }
    llm.openai.script({ status: 429, json: error })
    const of = (provider: string, type: string, key = 'my-app', hash = HASH) =>
      `llm_errors_total{api_key="${key}",api_key_hash="${hash}",provider="${provider}",error_type="${type}"}`
    await added(of('openai', 'rate_limit'), ask('gpt-4'), 1)
    llm.anthropic.script({ status: 529, json: { type: 'error', error: { type: 'overloaded_error', message: '' } } })
    await added(of('anthropic', 'overloaded'), ask('claude-3-5-sonnet'), 1)
    await added(of('none', 'authentication', 'none', 'none'), () => llm.post(CHAT, {}, {}), 1)
  })

  it('and the log hold no key', async () => {
    const page = await (await fetch(`${llm.url}/metrics`)).text()
    for (const secret of ['sk-gateway', 'sk-your-openai', 'sk-ant', 'your-gemini-key']) {
      expect(page).not.toContain(secret)
      expect(llm.logs.join('')).not.toContain(secret)
    }
  })
})

const CLAUDE_STREAM = messageEvents(
  { type: 'message_start', message: { ...message, content: [], stop_reason: null, usage: { input_tokens: 12 } } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Bonjour.' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 5 } },
  { type: 'message_stop' },
)
const OPENAI_STREAM = dataEvents(
  chunk([{ index: 0, delta: { role: 'assistant', content: 'Hi.' }, finish_reason: null }]),
  chunk([{ index: 0, delta: {}, finish_reason: 'stop' }]),
  chunk([], { prompt_tokens: 9, completion_tokens: 6, total_tokens: 15 }),
  '[DONE]',
)
