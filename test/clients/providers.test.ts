import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { expect, test } from 'vitest'
import { CLIENT_KEY, type DialectName, dialect, sampleRequest } from '../support/dialects.ts'
import { json } from '../support/provider.ts'
import { send } from '../support/raw-client.ts'
import { startRig } from '../support/roundtrip.ts'
import { startUpstream } from '../support/upstream.ts'

test('one path lists three providers\u2019 models: each SDK gets those of its own', async () => {
  const upstreams = await Promise.all([
    startUpstream(json({ object: 'list', data: [{ id: 'gpt-5', object: 'model', created: 1, owned_by: 'openai' }] })),
    startUpstream(
      json({
        data: [{ type: 'model', id: 'claude-opus-4-5', display_name: 'Opus', created_at: '2025-11-24T00:00:00Z' }],
        has_more: false,
      }),
    ),
    startUpstream(json({ models: [{ name: 'models/gemini-2.5-flash' }] })),
  ])
  const [openai, anthropic, gemini] = upstreams.map(upstream => ({ base_url: upstream.url, api_key: 'k' }))
  const rig = await startRig({ providers: { openai: openai!, anthropic: anthropic!, gemini: gemini! } })
  const { url } = rig.gateway
  const names: (string | undefined)[] = []
  for await (const model of new OpenAI({ apiKey: CLIENT_KEY, baseURL: `${url}/v1`, maxRetries: 0 }).models.list())
    names.push(model.id)
  for await (const model of new Anthropic({ apiKey: CLIENT_KEY, baseURL: url, maxRetries: 0 }).models.list())
    names.push(model.id)
  const google = new GoogleGenAI({ apiKey: CLIENT_KEY, httpOptions: { baseUrl: url, retryOptions: { attempts: 1 } } })
  for await (const model of await google.models.list()) names.push(model.name)
  expect(names).toEqual(['gpt-5', 'claude-opus-4-5', 'models/gemini-2.5-flash'])
  await rig.close()
  await Promise.all(upstreams.map(upstream => upstream.close()))
})

const forms: readonly (readonly [name: DialectName, base: string, target: string])[] = [
  ['openai-chat', '', '/v1/chat/completions'],
  ['openai-chat', '/', '/v1/chat/completions'],
  ['openai-chat', '/v1', '/v1/chat/completions'],
  ['openai-chat', '/v1/', '/v1/chat/completions'],
  ['openai-chat', '/proxy/v1', '/proxy/v1/chat/completions'],
  ['openai-chat', '/proxy', '/proxy/chat/completions'],
  ['openai-responses', '/v1', '/v1/responses'],
  ['anthropic-messages', '', '/v1/messages?beta=true'],
  ['anthropic-messages', '/', '/v1/messages?beta=true'],
  ['anthropic-messages', '/v1', '/v1/messages?beta=true'],
  ['anthropic-messages', '/proxy', '/proxy/v1/messages?beta=true'],
  ['anthropic-messages', '/proxy/v1/', '/proxy/v1/messages?beta=true'],
  ['gemini', '', '/v1beta/models/gemini-2.5-flash:generateContent'],
  ['gemini', '/v1beta', '/v1beta/models/gemini-2.5-flash:generateContent'],
  ['gemini', '/proxy', '/proxy/v1beta/models/gemini-2.5-flash:generateContent'],
]

for (const [name, base, wanted] of forms) {
  test(`${name} requests go to ${wanted} when the provider\u2019s base_url ends in "${base}"`, async () => {
    const upstream = await startUpstream(json({}))
    const { provider } = dialect(name)
    const rig = await startRig({ providers: { [provider]: { base_url: upstream.url + base, api_key: 'k' } } })
    await send(rig.gateway.port, sampleRequest(dialect(name), false))
    expect(upstream.requests.map(request => request.target)).toEqual([wanted])
    await rig.close()
    await upstream.close()
  })
}
