import { expect, it } from 'vitest'
import { CHAT, completion, user } from '../../test/recording/chat.ts'
import { of, recorded } from '../../test/recording/rig.ts'
import pii from '../pii/index.ts'

it.each([
  ['as it came', []],
  ['redacted', [pii()]],
])('records what is nested deeper than anybody can walk, %s, and what comes after it', async (_, plugins) => {
  const deep = '['.repeat(20_000) + ']'.repeat(20_000)
  const args = JSON.stringify(`{"a":${deep}}`)
  const made = `{"id":"c","type":"function","function":{"name":"f","arguments":${args}}}`
  const message = `{"role":"assistant","content":"mail me@example.com","tool_calls":[${made}]}`
  const answers = [
    `{"x":${deep},"choices":[{"index":0,"message":${message}}]}`,
    `{"choices":[{"index":0,"message":${message}}]}`,
    completion({ content: 'ok' }),
  ]
  const block = { type: 'tool_use', id: 't', name: 'f', input: {} }
  const pieces = [
    { type: 'message_start', message: { id: 'm', type: 'message', role: 'assistant', content: [], model: 'm' } },
    { type: 'content_block_start', index: 0, content_block: block },
    { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: `{"a":${deep}}` } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_stop' },
  ]
  const stream = pieces.map(each => `event: ${each.type}\ndata: ${JSON.stringify(each)}\n\n`)
  const { g, stop } = await recorded({
    upstream: ({ path }) => (path.endsWith('/messages') ? { stream } : { body: answers.shift()! }),
    plugins,
  })
  const ask = async (body: unknown, path = CHAT) => (await g.post(path, body, { session_id: 's' })).text()
  await ask({ model: 'm', max_tokens: 9, stream: true, messages: [user('b')] }, '/v1/messages')
  await ask(`{"model":"m","messages":[{"role":"user","content":"I am a@example.com"}],"x":${deep}}`)
  await ask({ model: 'm', messages: [user('b')] })
  await ask({ model: 'm', messages: [user('c')] })
  const events = await stop()
  expect(of(events, 'completed').map(each => each.success)).toEqual([true, true, true, true])
  expect(of(events, 'tool_call_recorded')).toHaveLength(2)
  expect(/@example\.com/.test(JSON.stringify(events))).toBe(plugins.length === 0)
})
