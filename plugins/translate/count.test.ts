import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import translatePreset from '../../presets/translate.ts'
import { type RunningGateway, startGateway } from '../../test/support/gateway.ts'
import { type Script, type ScriptedProvider, scriptedProvider } from '../../test/support/scripted-provider.ts'

const WORDS = 'How many tokens is a sentence of about a dozen words, give or take?'
const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const png = 'iVBORw0KGgo='

/** Clients that count, each with what it asks and where the answer has the number. */
const CLIENTS = {
  messages: {
    path: () => '/v1/messages/count_tokens',
    headers: { 'anthropic-version': '2023-06-01', 'x-api-key': 'k' },
    body: (model: string) => ({
      model,
      system: 'Be brief.',
      tools: [{ name: 'weather', input_schema: schema }],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: WORDS },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
          ],
        },
      ],
    }),
    answer: (tokens: unknown) => ({ input_tokens: tokens }),
  },
  responses: {
    path: () => '/v1/responses/input_tokens',
    headers: { authorization: 'Bearer k' },
    body: (model: string) => ({
      model,
      instructions: 'Be brief.',
      tools: [{ type: 'function', name: 'weather', parameters: schema, strict: false }],
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: WORDS },
            { type: 'input_image', image_url: `data:image/png;base64,${png}`, detail: 'auto' },
          ],
        },
      ],
    }),
    answer: (tokens: unknown) => ({ object: 'response.input_tokens', input_tokens: tokens }),
  },
  gemini: {
    path: (model: string) => `/v1beta/models/${model}:countTokens`,
    headers: { 'x-goog-api-key': 'k' },
    body: (model: string) => ({
      generateContentRequest: {
        model: `models/${model}`,
        systemInstruction: { parts: [{ text: 'Be brief.' }] },
        generationConfig: { temperature: 0.5, maxOutputTokens: 5, stopSequences: ['x'] },
        tools: [{ functionDeclarations: [{ name: 'weather', parameters: schema }] }],
        contents: [{ role: 'user', parts: [{ text: WORDS }, { inlineData: { mimeType: 'image/png', data: png } }] }],
      },
    }),
    answer: (tokens: unknown) => ({ totalTokens: tokens }),
  },
} as const

type Name = keyof typeof CLIENTS | 'chat'

const DIALECTS: Readonly<Record<Name, string>> = {
  chat: 'openai-chat',
  responses: 'openai-responses',
  messages: 'anthropic-messages',
  gemini: 'gemini',
}
const NAMES = Object.keys(DIALECTS) as readonly Name[]
const clients = Object.keys(CLIENTS) as readonly (keyof typeof CLIENTS)[]
const pairs = clients.flatMap(client => NAMES.filter(name => name !== client).map(name => [client, name] as const))
const counting = pairs.filter(([, provider]) => provider !== 'chat')

let providers: ReadonlyMap<Name, ScriptedProvider>
let gateway: RunningGateway

beforeAll(async () => {
  providers = new Map(await Promise.all(NAMES.map(async name => [name, await scriptedProvider()] as const)))
  gateway = await startGateway({
    extends: [translatePreset],
    providers: Object.fromEntries(
      NAMES.map(name => {
        const base = providers.get(name)!.url
        const isOpenai = DIALECTS[name].startsWith('openai')
        return [`p-${name}`, { dialect: DIALECTS[name], base_url: isOpenai ? `${base}/v1` : base, api_key: 'key' }]
      }),
    ),
    models: Object.fromEntries(NAMES.map(name => [`m-${name}`, { provider: `p-${name}` }])),
  })
})

afterAll(async () => {
  await gateway.close()
  for (const provider of providers.values()) await provider.close()
})

describe('a count that a client asks for', () => {
  it.each(counting)('in %s of a provider of %s is the number of that provider', async (client, name) => {
    const { reply, sent } = await count(client, name, { json: answerOf(name, 42) })
    expect(reply.status).toBe(200)
    expect(reply.headers.get('x-lunaroute-token-count')).toBeNull()
    expect(await reply.json()).toEqual(CLIENTS[client].answer(42))
    const [asked] = sent
    expect(asked?.path).toBe(CLIENTS[name as keyof typeof CLIENTS].path(`m-${name}`))
    const text = JSON.stringify(asked?.body)
    for (const said of ['Be brief.', WORDS, 'weather', 'city', png]) expect(text).toContain(said)
    // What only a generation takes is refused with a count.
    for (const key of ['max_', 'stream', 'generationConfig', 'temperature', 'stop']) expect(text).not.toContain(key)
  })

  it.each(clients)('in %s of a provider that cannot count is estimated and marked', async client => {
    const { reply, sent } = await count(client, 'chat', { json: {} })
    await expectEstimate(client, reply)
    expect(sent).toEqual([])
  })

  const faults: readonly (readonly [string, Script])[] = [
    ['a 404', { status: 404, json: { error: { message: 'no such path' } } }],
    ['a 500', { status: 500, json: { error: 'x' } }],
    ['another answer', { json: { detail: 'ok' } }],
    ['HTML', { headers: { 'content-type': 'text/html' }, events: ['<html></html>'] }],
    ['nothing at all', { events: [] }],
  ]
  it.each(
    counting.flatMap(pair => faults.map(([what, script]) => [...pair, what, script] as const)),
  )('in %s of a provider of %s that answers %s is estimated and marked', async (client, name, _, script) => {
    await expectEstimate(client, (await count(client, name, script)).reply)
  })
})

async function expectEstimate(client: keyof typeof CLIENTS, reply: Response): Promise<void> {
  expect(reply.status).toBe(200)
  expect(reply.headers.get('x-lunaroute-token-count')).toBe('estimated')
  const body = (await reply.json()) as Readonly<Record<string, unknown>>
  expect(body).toEqual(CLIENTS[client].answer(expect.any(Number)))
  const tokens = Number(body.input_tokens ?? body.totalTokens)
  // Some forty tokens of words and a picture.
  expect(tokens).toBeGreaterThan(1_000)
  expect(tokens).toBeLessThan(3_000)
}

function answerOf(name: Name, tokens: number): object {
  return CLIENTS[name as keyof typeof CLIENTS].answer(tokens)
}

async function count(client: keyof typeof CLIENTS, name: Name, script: Script) {
  const provider = providers.get(name)!
  provider.script(script)
  const before = provider.received.length
  const { path, headers, body } = CLIENTS[client]
  const reply = await fetch(gateway.url + path(`m-${name}`), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body(`m-${name}`)),
  })
  return { reply, sent: provider.received.slice(before) }
}
