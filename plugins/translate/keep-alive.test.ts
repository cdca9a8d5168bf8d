import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningGateway, startGateway } from '../../test/support/gateway.ts'
import { type ScriptedProvider, scriptedProvider } from '../../test/support/scripted-provider.ts'
import { ANSWERS } from '../../test/translation/provider-answers.ts'
import anthropic from '../anthropic/index.ts'
import gemini from '../gemini/index.ts'
import modelMap from '../model-map/index.ts'
import openai from '../openai/index.ts'
import translate from './index.ts'

const PAUSE = 50
const providers = new Map<string, ScriptedProvider>()
let gateway: RunningGateway
let quiet: RunningGateway

beforeAll(async () => {
  for (const dialect of ['openai-chat', 'anthropic-messages']) providers.set(dialect, await scriptedProvider())
  const config = {
    providers: Object.fromEntries(
      [...providers].map(([dialect, { url }]) => [`at-${dialect}`, { dialect, base_url: url, api_key: 'key' }]),
    ),
    models: { chat: { provider: 'at-openai-chat' }, messages: { provider: 'at-anthropic-messages' } },
  }
  const others = [openai(), anthropic(), gemini(), modelMap()]
  gateway = await startGateway({ ...config, plugins: [...others, translate({ keep_alive_secs: 0.01 })] })
  quiet = await startGateway({ ...config, plugins: [...others, translate()] })
})

afterAll(async () => {
  await gateway.close()
  await quiet.close()
  for (const provider of providers.values()) await provider.close()
})

const messages = [{ role: 'user', content: 'Hi' }]
const contents = [{ role: 'user', parts: [{ text: 'Hi' }] }]
const CLIENTS = {
  'openai-chat': ['/v1/chat/completions', 'messages', { messages, stream: true }, ': ping'],
  'openai-responses': ['/v1/responses', 'messages', { input: 'Hi', stream: true }, ': keepalive'],
  'anthropic-messages': ['/v1/messages', 'chat', { messages, max_tokens: 100, stream: true }, 'event: ping'],
  gemini: ['/v1beta/models/messages:streamGenerateContent?alt=sse', 'messages', { contents }, ': keepalive'],
  'gemini, as an array': ['/v1beta/models/messages:streamGenerateContent', 'messages', { contents }, '\n'],
} as const

describe('while the provider is silent', () => {
  it.each(Object.entries(CLIENTS))('a client of %s is told that the answer is to come', async (_, [
    path,
    model,
    body,
    sign,
  ]) => {
    const reply = await ask(gateway, path, model, body)
    const text = await reply.text()
    expect(reply.status).toBe(200)
    expect(text.startsWith(sign)).toBe(true)
    expect(text).toContain('lo.')
    if (path.endsWith('Content')) expect(JSON.parse(text)).toBeInstanceOf(Array)
  })

  it('nothing is sent before the delay has passed', async () => {
    const [path, model, body] = CLIENTS['anthropic-messages']
    expect(await (await ask(quiet, path, model, body)).text()).toMatch(/^event: message_start/)
  })

  it('an error before the first event has its status until then, and is told in the stream afterwards', async () => {
    const [path, model, body] = CLIENTS['anthropic-messages']
    const failing = { events: ['data: {"error":{"message":"Overloaded","type":"server_error"}}\n\n'], pause: PAUSE }
    expect((await ask(quiet, path, model, body, failing)).status).toBeGreaterThanOrEqual(500)
    const reply = await ask(gateway, path, model, body, failing)
    expect(reply.status).toBe(200)
    expect(await reply.text()).toMatch(/^event: ping[\s\S]*event: error\ndata: .*Overloaded/)
  })
})

function ask(
  { url }: RunningGateway,
  path: string,
  model: 'chat' | 'messages',
  body: object,
  answer?: { readonly events: readonly string[]; readonly pause: number },
): Promise<Response> {
  const dialect = model === 'chat' ? 'openai-chat' : 'anthropic-messages'
  providers.get(dialect)!.script(answer ?? { events: ANSWERS[dialect].stream, pause: PAUSE })
  const headers = { 'content-type': 'application/json', authorization: 'Bearer key', 'x-goog-api-key': 'key' }
  return fetch(url + path, { method: 'POST', headers, body: JSON.stringify({ model, ...body }) })
}
