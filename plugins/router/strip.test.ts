import { gateway } from 'lunaroute/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { dialects, env } from '../../test/support/routed.ts'
import fallback from '../fallback/index.ts'
import translate from '../translate/index.ts'
import router from './index.ts'

const chat = {
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
}
const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'busy' } }
const schema = { type: 'object', properties: {} }

/** Of Messages: a tool that Chat has, one that it has not, a field that it has not. */
const messages = {
  model: 'm',
  max_tokens: 9,
  top_k: 5,
  tools: [
    { type: 'bash_20250124', name: 'bash' },
    { name: 'f', input_schema: schema },
  ],
  messages: [{ role: 'user', content: 'hi' }],
}

async function start(strip: boolean | undefined, target: 'openai' | 'anthropic', isStrict = false) {
  const options = strip === undefined ? {} : { options: { strip_unsupported_tools: strip } }
  const fallbacks = target === 'openai' ? [] : [{ provider: 'openai', model: 'gpt' }]
  const rules = [{ id: 'r', target: { provider: target, model: 'gpt' }, fallbacks, ...options }]
  const g = await gateway(
    { plugins: [dialects, router({ rules }), fallback(), translate({ strict: isStrict })] },
    {
      env,
      upstream: ({ provider }) => (provider === 'openai' ? { body: chat } : { status: 529, body: overloaded }),
    },
  )
  onTestFinished(() => g.close())
  return g
}

describe('strip_unsupported_tools', () => {
  it.each([true, undefined])('%s drops tools that the target does not have, and says so', async strip => {
    const g = await start(strip, 'openai')
    const response = await g.post('/v1/messages', messages)
    expect([response.status, response.headers.get('x-lunaroute-dropped')]).toEqual([200, 'top_k, tools[0]'])
    expect(g.received[0]!.json()).toMatchObject({ tools: [{ type: 'function', function: { name: 'f' } }] })
    expect(g.received[0]!.body.toString()).not.toContain('bash')
  })

  it('false refuses them, and nothing but them', async () => {
    const g = await start(false, 'openai')
    const response = await g.post('/v1/messages', messages)
    expect([response.status, g.received]).toEqual([400, []])
    expect(await response.json()).toMatchObject({
      type: 'error',
      error: { type: 'invalid_request_error', message: expect.stringContaining('tools[0]') },
    })
    const without = await g.post('/v1/messages', { ...messages, tools: messages.tools.slice(1) })
    expect([without.status, without.headers.get('x-lunaroute-dropped')]).toEqual([200, 'top_k'])
  })

  it('true drops them where all else is refused', async () => {
    const g = await start(true, 'openai', true)
    const { top_k: _, ...sayable } = messages
    expect((await g.post('/v1/messages', sayable)).status).toBe(200)
    expect((await g.post('/v1/messages', messages)).status).toBe(400)
  })

  it.each([
    [true, 200, ['anthropic', 'openai']],
    [false, 529, ['anthropic']],
  ])('%s of a fallback leads to %i', async (strip, status, asked) => {
    const g = await start(strip, 'anthropic')
    const response = await g.post('/v1/messages', messages)
    expect([response.status, g.received.map(each => each.provider)]).toEqual([status, asked])
    await response.text()
  })

  it('false refuses a tool of Gemini that Chat does not have', async () => {
    const g = await start(false, 'openai')
    const contents = [{ role: 'user', parts: [{ text: 'hi' }] }]
    const path = '/v1beta/models/m:generateContent'
    expect((await g.post(path, { contents, tools: [{ urlContext: {} }] })).status).toBe(400)
    expect((await g.post(path, { contents, tools: [{ functionDeclarations: [{ name: 'f' }] }] })).status).toBe(200)
  })
})
