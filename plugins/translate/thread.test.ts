import Anthropic from '@anthropic-ai/sdk'
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema'
import { describe, expect, it, onTestFinished } from 'vitest'
import translatePreset from '../../presets/translate.ts'
import { startGateway } from '../../test/support/gateway.ts'
import { scriptedProvider } from '../../test/support/scripted-provider.ts'
import { ANSWERS } from '../../test/translation/provider-answers.ts'

const DIALECTS = ['openai-chat', 'openai-responses', 'gemini'] as const

describe.each(
  DIALECTS,
)('a thread of the Anthropic SDK, which sends new messages alone, with a provider of %s', dialect => {
  it('runs tools: the conversation is sent whole where nobody holds it', async () => {
    const { client, provider } = await start(dialect)
    provider.script({ events: ANSWERS[dialect].tools }, { events: ANSWERS[dialect].stream })
    const tools = ['weather', 'time'].map(name =>
      betaTool({ name, description: '', inputSchema: { type: 'object', properties: {} }, run: () => 'fine' }),
    )
    const body = { model: 'm', max_tokens: 99, messages: [{ role: 'user' as const, content: 'Hi' }], tools }
    const runner = client.beta.messages.toolRunner({ ...body, stream: true })
    const last = await runner.runUntilDone()
    expect(last.content).toMatchObject([{ type: 'text', text: 'Hello.' }])
    expect(provider.received).toHaveLength(2)
    expect(JSON.stringify(provider.received[1]!.body)).toMatch(/Hi.*weather.*fine/)
  })

  it('goes on from turn to turn', async () => {
    const { client, provider } = await start(dialect)
    provider.script({ json: ANSWERS[dialect].text })
    const thread = client.beta.messages.thread({ model: 'm', max_tokens: 99 })
    for (const content of ['one', 'two', 'three']) await thread.send({ role: 'user', content })
    expect(provider.received).toHaveLength(3)
    expect(JSON.stringify(provider.received[2]!.body)).toMatch(/one.*Hello\..*two.*Hello\..*three/)
  })
})

async function start(dialect: (typeof DIALECTS)[number]) {
  const provider = await scriptedProvider()
  const gateway = await startGateway({
    extends: [translatePreset],
    providers: { there: { dialect, base_url: provider.url, api_key: 'key' } },
    models: { m: { provider: 'there' } },
  })
  onTestFinished(async () => {
    await gateway.close()
    await provider.close()
  })
  return { provider, client: new Anthropic({ apiKey: 'k', baseURL: gateway.url, maxRetries: 0 }) }
}
