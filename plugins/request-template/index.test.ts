// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates are what is tested
import type { Config, ProviderConfig } from 'lunaroute'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { gateway, harness, type Upstream } from '../../src/testing.ts'
import anthropic from '../anthropic/index.ts'
import bypass from '../bypass/index.ts'
import gemini from '../gemini/index.ts'
import modelMap from '../model-map/index.ts'
import openai from '../openai/index.ts'
import servedBy from '../served-by/index.ts'
import translate from '../translate/index.ts'
import config from './example.config.ts'
import requestTemplate from './index.ts'

const CHAT = '/v1/chat/completions'
const MESSAGES = '/v1/messages'
const HI = [{ role: 'user', content: 'Hi' }]
const VERSION = { 'anthropic-version': '2023-06-01' }

describe('a request', () => {
  it('gets the headers and fields of the example', async () => {
    vi.stubEnv('TEAM', 'search')
    const g = await start(config, () => ({ body: { id: 'c' } }))
    const reply = await g.post(CHAT, { model: 'gpt-5', messages: HI, temperature: 1, metadata: { mine: 'x' } })
    const { headers, body } = g.received[0]!
    const id = reply.headers.get('x-lunaroute-request-id')
    expect(headers).toMatchObject({ 'x-trace': `lunaroute/${id}`, 'x-team': 'search' })
    expect(JSON.parse(body.toString())).toEqual({
      model: 'gpt-5',
      messages: [{ role: 'system', content: 'Answer in British English.' }, ...HI],
      temperature: 1,
      metadata: { mine: 'x', gateway: 'lunaroute' },
      store: false,
    })
    expect(await reply.json()).toEqual({ id: 'c', lunaroute: { request: id, model: 'openai/gpt-5' } })
  })

  it('gets headers that are written under `headers`, as in LunaRoute', async () => {
    const g = await start(withOpenai({ request_headers: { headers: { 'X-Context': 'for ${model}' } } as never }))
    await g.post(CHAT, { model: 'm' })
    expect(g.received[0]!.headers['x-context']).toBe('for m')
    await expect(start(withOpenai({ request_headers: { headers: { Host: 'x' } } as never }))).rejects.toThrow(
      /request_headers\.headers\.Host.*is set by the gateway/,
    )
  })

  it('keeps every byte where nothing is lacking, and the bytes of every other field where something is', async () => {
    const g = await start(
      withOpenai({ request_body: { defaults: { temperature: 0.5, nested: { a: 1 } }, overrides: { store: false } } }),
    )
    const whole =
      '{ "model":"m", "temperature" : 1.0, "nested":{"a":2,"b":1e3},"store":false, "big":12345678901234567890 }'
    await g.post(CHAT, whole)
    expect(g.received[0]!.body.toString()).toBe(whole)
    await g.post(CHAT, '{ "model":"m", "big":12345678901234567890, "store" : true }')
    expect(g.received[1]!.body.toString()).toBe(
      '{ "model":"m", "big":12345678901234567890, "store" : false,"temperature":0.5,"nested":{"a":1} }',
    )
  })

  it.each([
    [
      CHAT,
      { model: 'm', messages: HI },
      { messages: [{ role: 'system', content: 'S m' }, { role: 'user', content: 'U' }, ...HI] },
    ],
    [
      '/v1/responses',
      { model: 'm', instructions: 'I', input: 'Hi' },
      {
        instructions: 'S m\n\nI',
        input: [
          { type: 'message', role: 'user', content: 'U' },
          { type: 'message', role: 'user', content: 'Hi' },
        ],
      },
    ],
    [
      '/v1/responses',
      { model: 'm', input: 'Hi', previous_response_id: 'resp_1' },
      { instructions: 'S m', input: 'Hi' },
    ],
    [
      MESSAGES,
      { model: 'm', max_tokens: 1, messages: HI },
      { system: 'S m', messages: [{ role: 'user', content: 'U' }, ...HI] },
    ],
    [
      '/v1beta/models/m:generateContent',
      { contents: [{ parts: [{ text: 'Hi' }] }] },
      {
        systemInstruction: { parts: [{ text: 'S m' }] },
        contents: [{ role: 'user', parts: [{ text: 'U' }] }, { parts: [{ text: 'Hi' }] }],
      },
    ],
  ])('%s begins with the configured messages', async (path, body, expected) => {
    const prepend_messages = [
      { role: 'developer' as const, content: 'S ${model}' },
      { role: 'user' as const, content: 'U' },
    ]
    const entry = { request_body: { prepend_messages } }
    const providers = { openai: entry, anthropic: entry, gemini: entry }
    const g = await start({ plugins: [openai(), anthropic(), gemini(), requestTemplate()], providers })
    await g.post(path, body)
    expect(JSON.parse(g.received[0]!.body.toString())).toEqual({ ...body, ...expected })
  })

  it('of another dialect is rewritten before it is translated', async () => {
    const g = await start({
      plugins: [openai(), anthropic(), modelMap(), requestTemplate(), translate()],
      providers: {
        anthropic: {
          request_headers: { 'X-Session': '${session_id}', 'user-agent': 'lunaroute for ${user_agent}' },
          request_body: {
            defaults: { max_tokens: 77 },
            overrides: { model: 'claude-9' },
            prepend_messages: [{ role: 'system', content: 'S' }],
          },
        },
      },
      models: { '*': { provider: 'anthropic' } },
    })
    await g.post(CHAT, { model: 'm', messages: HI }, { 'user-agent': 'me', 'session-id': 's-1' })
    expect(g.received[0]!.headers).toMatchObject({ 'x-session': 's-1', 'user-agent': 'lunaroute for me' })
    expect(JSON.parse(g.received[0]!.body.toString())).toMatchObject({ model: 'claude-9', max_tokens: 77 })
    expect(g.received[0]!.body.toString()).toContain('"text":"S"')
  })

  it('under another model is told as such to clients', async () => {
    const providers = { openai: { api_key: 'k', request_body: { overrides: { model: '${model}-x' } } } }
    const g = await gateway({ plugins: [openai(), requestTemplate(), servedBy()], providers })
    onTestFinished(() => g.close())
    const response = await g.post(CHAT, { model: 'm', messages: HI })
    expect(g.received[0]!.json()).toMatchObject({ model: 'm-x' })
    expect(response.headers.get('x-lunaroute-model')).toBe('m-x')
  })

  it('of each attempt is that of its provider, and nothing is added twice', async () => {
    const g = await start(
      {
        ...withOpenai({ request_body: { prepend_messages: [{ role: 'user', content: '${provider}' }] } }),
        http_client: { max_retries: 2 },
      },
      (_request, response) => void response.socket?.destroy(),
    )
    await g.post(CHAT, { model: 'm', messages: HI })
    expect(g.received.length).toBeGreaterThan(0)
    for (const { body } of g.received) {
      expect(JSON.parse(body.toString()).messages).toEqual([{ role: 'user', content: 'openai' }, ...HI])
    }
  })

  it('that counts tokens gets the messages and no fields; any other gets the headers alone', async () => {
    const entry: ProviderConfig = {
      request_headers: { 'x-a': '1' },
      request_body: { defaults: { top_p: 1 }, prepend_messages: [{ role: 'system', content: 'S' }] },
    }
    const g = await start({
      plugins: [openai(), anthropic(), bypass(), requestTemplate()],
      providers: { anthropic: entry, openai: entry },
    })
    await g.post('/v1/messages/count_tokens', { model: 'm', messages: HI }, VERSION)
    await g.post('/v1/embeddings', '{"model":"m","input":"x"}')
    await g.fetch('/v1/files', { headers: { authorization: 'Bearer k' } })
    expect(g.received.map(each => each.headers['x-a'])).toEqual(['1', '1', '1'])
    expect(JSON.parse(g.received[0]!.body.toString())).toEqual({ model: 'm', messages: HI, system: 'S' })
    expect(g.received[1]!.body.toString()).toBe('{"model":"m","input":"x"}')
  })

  it('has no header that comes to nothing, and none that breaks out of its line', async () => {
    const g = await start(withOpenai({ request_headers: { 'x-session': '${session_id}', 'x-model': '${model}' } }))
    await g.post(CHAT, { model: 'a\r\nx-evil: 1 ä', messages: HI })
    expect(g.received[0]!.headers['x-session']).toBeUndefined()
    expect(g.received[0]!.headers['x-evil']).toBeUndefined()
    expect(g.received[0]!.headers['x-model']).toBe('a%0D%0Ax-evil: 1 %C3%A4')
  })

  it('shows no secret, and the log says why', async () => {
    vi.stubEnv('TEMPLATE_TEST_TOKEN', 'hush')
    vi.stubEnv('TEMPLATE_TEST_URL', 'postgres://u:hush@h/d')
    const g = await start(
      withOpenai({
        request_headers: { 'x-a': '${env.TEMPLATE_TEST_TOKEN}', 'x-b': '${env.TEMPLATE_TEST_URL}' },
        request_body: { overrides: { user: '${env.TEMPLATE_TEST_TOKEN}' } },
        response_body: {
          enabled: true,
          fields: { a: '${env.TEMPLATE_TEST_TOKEN}', none: '${env.TEMPLATE_TEST_NONE}' },
        },
      }),
    )
    const reply = await g.post(CHAT, { model: 'm', messages: HI })
    const seen = JSON.stringify([g.received[0]!.headers, g.received[0]!.body.toString(), await reply.text(), g.logs])
    expect(seen).toContain('${env.TEMPLATE_TEST_TOKEN}')
    expect(seen).not.toContain('hush')
    expect(g.logs.join()).toContain('the environment variable TEMPLATE_TEST_URL, which may hold a secret')
    expect(g.logs.join()).toContain('the environment variable TEMPLATE_TEST_NONE, which is not set')
  })
})

describe('an answer', () => {
  const response_body = {
    enabled: true,
    metadata_namespace: 'meta',
    fields: { model: '${model}', n: 1 },
    extension_fields: { served: ['${provider}'] },
  }

  it('keeps its bytes, with the metadata at its end', async () => {
    const g = await start(withOpenai({ response_body }), () => ({
      headers: { 'content-type': 'application/json' },
      body: Buffer.from('{ "id": 1.0 ,\n"b":{} }\n'),
    }))
    const text = await (await g.post(CHAT, { model: 'm', messages: HI })).text()
    expect(text).toBe('{ "id": 1.0 ,\n"b":{} ,"meta":{"model":"m","n":1},"served":["openai"]}\n')
  })

  it('that has such a field has ours instead; an empty one has ours alone', async () => {
    const bodies = [{ a: 1, served: 'x' }, {}]
    const g = await start(withOpenai({ response_body }), () => ({ body: bodies.shift()! }))
    const ours = { meta: { model: 'm', n: 1 }, served: ['openai'] }
    expect(await (await g.post(CHAT, { model: 'm', messages: HI })).json()).toEqual({ a: 1, ...ours })
    expect(await (await g.post(CHAT, { model: 'm', messages: HI })).json()).toEqual(ours)
  })

  it('of another dialect has it in the client’s, and names who answered', async () => {
    const g = await start(
      {
        plugins: [openai(), anthropic(), modelMap(), translate(), requestTemplate()],
        providers: { anthropic: { response_body: { enabled: true, fields: { by: '${provider} ${model}' } } } },
        models: { fast: { provider: 'anthropic', model: 'claude-9' } },
      },
      () => ({
        body: { type: 'message', role: 'assistant', model: 'claude-9', content: [{ type: 'text', text: 'yes' }] },
      }),
    )
    const answer = await (await g.post(CHAT, { model: 'fast', messages: HI })).json()
    expect(answer).toMatchObject({ object: 'chat.completion', lunaroute: { by: 'anthropic claude-9' } })
  })

  it.each<[what: string, upstream: Upstream, path: string, entry: ProviderConfig]>([
    ['an error', () => ({ status: 400, body: { error: { message: 'no' } } }), CHAT, { response_body }],
    ['a stream', () => ({ stream: ['data: {"a":1}\n\n', 'data: [DONE]\n\n'] }), CHAT, { response_body }],
    ['no answer of a model', () => ({ body: { data: [] } }), '/v1/embeddings', { response_body }],
    ['no JSON', () => ({ headers: { 'content-type': 'text/plain' }, body: 'x' }), CHAT, { response_body }],
    ['what is switched off', () => ({ body: { a: 1 } }), CHAT, { response_body: { ...response_body, enabled: false } }],
  ])('of these stays as it is: %s', async (_, upstream, path, entry) => {
    const [plain, changed] = [await start(withOpenai({}), upstream), await start(withOpenai(entry), upstream)]
    const ask = async (g: typeof plain) => (await g.post(path, { model: 'm', messages: HI })).text()
    expect(await ask(changed)).toBe(await ask(plain))
  })
})

describe('what is not used costs nothing', () => {
  it('without templates no hook is tapped, and without metadata answers are not', async () => {
    const none = await harness(openai(), requestTemplate())
    expect(Object.values(none.taps).flat()).not.toContain('request-template')
    const some = await harness(
      openai(),
      requestTemplate({ providers: { openai: { request_headers: { 'x-a': '1' } } } }),
    )
    expect(some.taps).toMatchObject({ egress: ['request-template'], streamChunk: [] })
    await none.close()
    await some.close()
  })
})

describe('a mistake is told with its place', () => {
  it.each<[ProviderConfig, string]>([
    [
      { request_headers: { 'x a': '1' } },
      'option providers.openai.request_headers.x a of plugin "request-template": is no name',
    ],
    [{ request_headers: { Host: '1' } }, 'is set by the gateway for each connection'],
    [{ request_body: { overrides: { stream: true } } }, 'option providers.openai.request_body.overrides.stream'],
    [{ request_body: { default: {} } as never }, 'unknown key "default" (did you mean "defaults"?)'],
    [{ request_body: { prepend_messages: [{ role: 'tool' as never, content: 'x' }] } }, 'prepend_messages[0].role'],
  ])('%o', async (entry, message) => {
    await expect(gateway(withOpenai(entry))).rejects.toThrow(message)
  })

  it('an unknown provider among the options', async () => {
    const plugin = requestTemplate({ providers: { opnai: {} } })
    await expect(harness(openai(), plugin)).rejects.toThrow('no provider is called "opnai" (did you mean "openai"?)')
  })
})

function withOpenai(entry: ProviderConfig): Config {
  return { plugins: [openai(), requestTemplate()], providers: { openai: entry } }
}

async function start(given: Config, upstream: Upstream = () => ({ body: {} })) {
  const g = await gateway(given, { upstream })
  onTestFinished(async () => {
    await g.close()
    vi.unstubAllEnvs()
  })
  return g
}
