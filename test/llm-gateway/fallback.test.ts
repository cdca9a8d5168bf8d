import { definePlugin } from 'lunaroute'
import { expect, it, onTestFinished } from 'vitest'
import llmGateway from '../../presets/llm-gateway.ts'
import { startGateway } from '../support/gateway.ts'
import { scriptedProvider } from '../support/scripted-provider.ts'
import { until } from '../support/until.ts'

const twoAttempts = definePlugin({
  name: 'two-attempts',
  setup: () => ({
    route: () => [
      { provider: 'anthropic', headers: {}, fallbackOn: [529] },
      { provider: 'openai', headers: {} },
    ],
  }),
})

it('tokens are those of the attempt that answered, though one before it was to be translated', async () => {
  const [anthropic, openai] = await Promise.all([scriptedProvider(), scriptedProvider()])
  anthropic.script({ status: 529, json: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } } })
  openai.script({ json: { choices: [], usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 } } })
  const config = {
    extends: [llmGateway],
    plugins: [twoAttempts()],
    api_keys: [{ key: 'sk-one', name: 'one' }],
    models: { m: { provider: 'openai' } },
    providers: {
      anthropic: { base_url: anthropic.url, api_key: 'a' },
      openai: { base_url: `${openai.url}/v1`, api_key: 'o' },
    },
  }
  const gateway = await startGateway(config)
  onTestFinished(async () => {
    await gateway.close()
    await Promise.all([anthropic.close(), openai.close()])
  })
  const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer sk-one' },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hello!' }] }),
  })
  expect(reply.status).toBe(200)
  expect(anthropic.received).toHaveLength(1)
  const line = 'llm_tokens_total{api_key="one",provider="openai",model="m",type="output"} 2'
  await until(
    async () => (await (await fetch(`${gateway.url}/metrics`)).text()).includes(line),
    'the tokens are those of OpenAI',
  )
})
