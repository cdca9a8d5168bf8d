import { expect, it } from 'vitest'
import { of, recorded } from '../../test/recording/rig.ts'

const CHAT = '/v1/chat/completions'
const answer = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-5-2026',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }],
  usage: {
    prompt_tokens: 100,
    completion_tokens: 20,
    total_tokens: 120,
    prompt_tokens_details: { cached_tokens: 60 },
    completion_tokens_details: { reasoning_tokens: 5 },
  },
}

it('records an exchange from its beginning to its end', async () => {
  const { g, stop } = await recorded({ upstream: () => ({ body: answer }) })
  const body = { model: 'gpt-5', messages: [{ role: 'user', content: 'Hi' }] }
  const reply = await g.post(CHAT, body, { session_id: 'session-1', 'x-session-tags': 'a, b' })
  await reply.text()
  const events = await stop()
  console.log(JSON.stringify(events, null, 1))
  expect(events.map(each => each.type)).toEqual(['started', 'request_recorded', 'response_recorded', 'completed'])
  expect(events.map(each => each.session_id)).toEqual(Array(4).fill('session-1'))
  expect(events.map(each => each.sequence)).toEqual([0, 1, 2, 3])
})
