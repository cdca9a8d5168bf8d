import Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import translatePreset from '../../presets/translate.ts'
import { type RunningGateway, startGateway } from '../../test/support/gateway.ts'
import { dataEvents, type ScriptedProvider, scriptedProvider } from '../../test/support/scripted-provider.ts'
import { ANSWERS } from '../../test/translation/provider-answers.ts'
import { tagged } from './tag.ts'

const DIALECTS = ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'] as const
type Name = (typeof DIALECTS)[number]
const providers = new Map<Name, ScriptedProvider>()
let gateway: RunningGateway

beforeAll(async () => {
  for (const dialect of DIALECTS) providers.set(dialect, await scriptedProvider())
  gateway = await startGateway({
    extends: [translatePreset],
    providers: Object.fromEntries(
      DIALECTS.map(dialect => [`at-${dialect}`, { dialect, base_url: providers.get(dialect)!.url, api_key: 'key' }]),
    ),
    models: {
      ...Object.fromEntries(DIALECTS.map(dialect => [`model-${dialect}`, { provider: `at-${dialect}` }])),
      'gemini-*': { provider: 'at-gemini' },
    },
  })
})

afterAll(async () => {
  await gateway.close()
  for (const provider of providers.values()) await provider.close()
})

const of = (dialect: Name, provider: string, kind: 'signature' | 'encrypted') =>
  tagged({ kind, data: 'c3RhdGU=', issuer: dialect }, provider).data
const messages = (signature: string) => ({
  max_tokens: 100,
  messages: [
    { role: 'user', content: 'Hi' },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'hm', signature },
        { type: 'text', text: 'Yes' },
      ],
    },
    { role: 'user', content: 'Go on' },
  ],
})
const responses = (encrypted_content: string) => ({
  input: [
    { role: 'user', content: 'Hi' },
    { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content },
    { role: 'user', content: 'Go on' },
  ],
})
const chat = (data: string) => ({
  messages: [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: 'Yes', reasoning_details: [{ type: 'reasoning.encrypted', data }] },
    { role: 'user', content: 'Go on' },
  ],
})
const gemini = (thoughtSignature: string) => ({
  contents: [
    { role: 'user', parts: [{ text: 'Hi' }] },
    { role: 'model', parts: [{ text: 'Yes', thoughtSignature }] },
    { role: 'user', parts: [{ text: 'Go on' }] },
  ],
})
const CLIENTS = {
  'openai-chat': ['/v1/chat/completions', chat],
  'openai-responses': ['/v1/responses', responses],
  'anthropic-messages': ['/v1/messages', messages],
  gemini: ['/v1beta/models/model-gemini:generateContent', gemini],
} as const

describe('a marked state, sent in the dialect of the provider', () => {
  it.each(DIALECTS)('never reaches a provider of %s that did not make it', async dialect => {
    const foreign = dialect === 'openai-responses' ? 'anthropic-messages' : 'openai-responses'
    const data = of(foreign, `at-${foreign}`, 'encrypted')
    const { reply, sent } = await ask(dialect, data)
    expect(reply.status).toBe(200)
    expect(reply.headers.get('x-lunaroute-dropped')).toBeTruthy()
    expect(sent).not.toContain(data)
    expect(sent).toContain('Go on')
    if (dialect === 'anthropic-messages') expect(sent).not.toContain('thinking')
    if (dialect === 'openai-responses') expect(sent).not.toContain('rs_1')
  })

  it('is stripped where it came in an envelope', async () => {
    const data = of('anthropic-messages', 'at-anthropic-messages', 'signature')
    const { sent } = await ask('openai-responses', `lunaroute:signature:anthropic-messages:${data}`)
    expect(sent).not.toContain('lunaroute:')
    expect(sent).not.toContain('encrypted_content')
  })

  it.each([
    'openai-responses',
    'anthropic-messages',
    'gemini',
  ] as const)('goes back to the provider of %s that made it, as it was made', async dialect => {
    const kind = dialect === 'openai-responses' ? 'encrypted' : 'signature'
    const { reply, sent } = await ask(dialect, of(dialect, `at-${dialect}`, kind))
    expect(reply.headers.get('x-lunaroute-dropped')).toBeNull()
    expect(JSON.parse(sent)).toEqual(JSON.parse(JSON.stringify({ ...bodyOf(dialect, 'c3RhdGU='), model: undefined })))
  })

  it('changes nothing where there is none: the bytes stay', async () => {
    const { raw, sent } = await ask('anthropic-messages', 'c3RhdGU=')
    expect(JSON.parse(sent)).toEqual({ ...JSON.parse(raw), model: undefined })
  })
})

describe('what another provider said without a state, brought home', () => {
  const thought = { id: 'c', created: 1, model: 'served', object: 'chat.completion' }
  const json = {
    ...thought,
    choices: [
      { index: 0, message: { role: 'assistant', content: 'Yes', reasoning_content: 'hm' }, finish_reason: 'stop' },
    ],
  }
  const delta = (given: object, finish_reason: string | null = null) => ({
    ...thought,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta: given, finish_reason }],
  })
  const events = dataEvents(
    delta({ role: 'assistant', reasoning_content: 'hm' }),
    delta({ content: 'Yes' }),
    delta({}, 'stop'),
    '[DONE]',
  )

  it.each([false, true])('is no thinking to Messages, which wants a signature with it (stream: %s)', async stream => {
    providers.get('openai-chat')!.script(stream ? { events } : { json })
    const content = await thoughtsOf(stream)
    expect(content).toMatchObject([
      { type: 'thinking', thinking: 'hm', signature: expect.stringMatching(/./) },
      { type: 'text', text: 'Yes' },
    ])
    const history = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content },
      { role: 'user', content: 'Go on' },
    ]
    const home = await send('anthropic-messages', { max_tokens: 9, messages: history })
    expect(home.messages).toEqual([history[0], { role: 'assistant', content: [content[1]] }, history[2]])
    // A provider of the dialect it came from gets no more than the words.
    const { messages: back } = await send('openai-chat', { max_tokens: 9, messages: history }, '/v1/messages')
    expect(back).toMatchObject([{ role: 'user' }, { role: 'assistant', content: 'Yes' }, { role: 'user' }])
    expect(JSON.stringify(back)).not.toMatch(/bHVuYXJvdXRl|signature/)
  })

  it('is no reasoning to Responses, which would look for it by its id', async () => {
    providers.get('openai-chat')!.script({ json })
    const reply = await post('/v1/responses', { model: 'model-openai-chat', input: 'Hi' })
    const { output } = (await reply.json()) as { output: { type: string }[] }
    expect(output.map(({ type }) => type)).toEqual(['reasoning', 'message'])
    const home = await send('openai-responses', { input: [...output, { role: 'user', content: 'Go on' }] })
    expect((home.input as { type?: string }[]).map(({ type }) => type)).not.toContain('reasoning')
  })

  it('is a call that Gemini 3 takes: with the word that stands for a signature', async () => {
    providers.get('openai-chat')!.script({ events: ANSWERS['openai-chat'].tools })
    const tools = [{ functionDeclarations: [{ name: 'weather' }, { name: 'time' }] }]
    const asked = { role: 'user', parts: [{ text: 'Hi' }] }
    const reply = await post('/v1beta/models/model-openai-chat:generateContent', { contents: [asked], tools })
    const answer = (await reply.json()) as { candidates: [{ content: { parts: object[] } }] }
    const { content } = answer.candidates[0]
    expect(content.parts).toMatchObject([{ functionCall: { name: 'weather' } }, { functionCall: { name: 'time' } }])
    const results = content.parts.map(part => {
      const { id, name } = (part as { functionCall: { id: string; name: string } }).functionCall
      return { functionResponse: { id, name, response: { output: 'fine' } } }
    })
    const contents = [asked, content, { role: 'user', parts: results }]
    const sent = await send('gemini', { contents, tools }, '/v1beta/models/gemini-3-pro:generateContent')
    const [first, second] = (sent.contents as (typeof content)[])[1]!.parts
    expect(first).toMatchObject({ thoughtSignature: 'skip_thought_signature_validator' })
    expect(second).not.toHaveProperty('thoughtSignature')
  })
})

it('a call that another model made is one that Gemini 3 takes, whatever the dialect it comes in', async () => {
  const call = { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} }
  const result = { type: 'tool_result', tool_use_id: 'toolu_1', content: 'fine' }
  const messages = [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: [call, { ...call, id: 'toolu_2' }] },
    { role: 'user', content: [result, { ...result, tool_use_id: 'toolu_2' }] },
  ]
  const tools = [{ name: 'weather', input_schema: { type: 'object' } }]
  const partsFor = async (model: string) => {
    const body = { model, max_tokens: 9, messages, tools }
    const sent = await send('gemini', body, '/v1/messages')
    return (sent.contents as { parts: { thoughtSignature?: string }[] }[])[1]!.parts.map(part => part.thoughtSignature)
  }
  expect(await partsFor('gemini-3-flash')).toEqual(['skip_thought_signature_validator', undefined])
  expect(await partsFor('gemini-2.5-flash')).toEqual([undefined, undefined])
})

/** The content of an answer of Chat, as a client of Messages gets it. */
async function thoughtsOf(stream: boolean): Promise<readonly object[]> {
  const body = { model: 'model-openai-chat', max_tokens: 9, stream, messages: [{ role: 'user', content: 'Hi' }] }
  if (!stream) return ((await (await post('/v1/messages', body)).json()) as { content: object[] }).content
  const client = new Anthropic({ apiKey: 'k', baseURL: gateway.url, maxRetries: 0 })
  return (await client.messages.stream({ ...body, stream: true } as never).finalMessage()).content
}

async function post(path: string, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json', authorization: 'Bearer k', 'x-goog-api-key': 'k' }
  const reply = await fetch(gateway.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
  expect(reply.status).toBe(200)
  return reply
}

/** What the provider of a dialect is sent. */
async function send(dialect: Name, body: object, path: string = CLIENTS[dialect][0]) {
  const provider = providers.get(dialect)!
  provider.script({ json: ANSWERS[dialect].text })
  await post(path, { model: `model-${dialect}`, ...body })
  return provider.received.at(-1)!.body
}

function bodyOf(dialect: Name, state: string): object {
  return CLIENTS[dialect][1](state)
}

async function ask(dialect: Name, state: string) {
  const provider = providers.get(dialect)!
  provider.script({ json: ANSWERS[dialect].text })
  const headers = { 'content-type': 'application/json', authorization: 'Bearer k', 'x-goog-api-key': 'k' }
  const model = dialect === 'gemini' ? undefined : `model-${dialect}`
  const raw = JSON.stringify({ ...bodyOf(dialect, state), model })
  const reply = await fetch(gateway.url + CLIENTS[dialect][0], { method: 'POST', headers, body: raw })
  const { model: _, ...sent } = provider.received.at(-1)!.body
  return { reply, raw, sent: JSON.stringify(sent) }
}
