import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import translatePreset from '../../presets/translate.ts'
import { type RunningGateway, startGateway } from '../../test/support/gateway.ts'
import { type ScriptedProvider, scriptedProvider } from '../../test/support/scripted-provider.ts'
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
    models: Object.fromEntries(DIALECTS.map(dialect => [`model-${dialect}`, { provider: `at-${dialect}` }])),
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
