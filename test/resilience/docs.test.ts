import { describe, expect, it, onTestFinished } from 'vitest'
import patientBatch from '../../docs/examples/patient-batch.config.ts'
import resilience from '../../docs/examples/resilience.config.ts'
import { gateway } from '../../src/testing.ts'
import { ANSWERS } from '../translation/provider-answers.ts'

const chat = (model: string, stream = false) => ({ model, messages: [{ role: 'user', content: 'Hi' }], stream })

describe('the gateway of the page', () => {
  it('has OpenAI answer for Anthropic, and Anthropic for OpenAI, as whole answers and as streams', async () => {
    let broken = ''
    const g = await gateway(resilience, {
      upstream: request => {
        if (request.provider === broken) return { status: 529, body: {} }
        const dialect = request.provider === 'openai' ? 'openai-chat' : 'anthropic-messages'
        const { text, stream } = ANSWERS[dialect]
        return (request.json() as { stream?: boolean }).stream ? { stream } : { body: text }
      },
    })
    onTestFinished(() => g.close())
    for (const each of ['openai', 'anthropic'] as const) {
      broken = each
      for (const isStream of [false, true]) {
        const messages = { ...chat('claude-sonnet-4-5', isStream), max_tokens: 9 }
        const asked =
          each === 'openai' ? g.post('/v1/chat/completions', chat('gpt-5', isStream)) : g.post('/v1/messages', messages)
        const response = await asked
        expect(response.status).toBe(200)
        expect(await response.text()).toMatch(/Hello\.|lo\./)
      }
    }
    const models = g.received.map(request => `${request.provider} ${(request.json() as { model: string }).model}`)
    expect(new Set(models)).toEqual(
      new Set(['openai gpt-5', 'anthropic claude-sonnet-4-5', 'anthropic claude-sonnet-4-5', 'openai gpt-5']),
    )
  }, 30_000)
})

describe('the patient batch', () => {
  it('is tried more often than what somebody waits for', async () => {
    const g = await gateway(patientBatch, {
      upstream: () => ({ status: 503, headers: { 'retry-after-ms': '1' }, body: {} }),
    })
    onTestFinished(() => g.close())
    await g.post('/v1/chat/completions', chat('m'))
    expect(g.received).toHaveLength(4)
    await g.post('/v1/chat/completions', chat('m'), { 'x-batch': 'nightly' })
    expect(g.received.length).toBe(4 + 7)
  })
})
