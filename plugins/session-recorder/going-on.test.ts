import { expect, it } from 'vitest'
import { of, recorded } from '../../test/recording/rig.ts'

const user = (content: string) => ({ role: 'user', content })

it('turns that go on from an answer are of its session, where the provider holds what went before', async () => {
  let asked = 0
  const { g, stop } = await recorded({
    upstream: ({ path }) => ({ body: path.endsWith('/messages') ? message(++asked) : response(++asked) }),
  })
  const response = (n: number) => ({
    id: `resp_${n}`,
    object: 'response',
    status: 'completed',
    model: 'm',
    output: [],
  })
  const message = (n: number) => ({ id: `msg_${n}`, type: 'message', role: 'assistant', model: 'm', content: [] })
  const turns: [string, object, Record<string, string>?][] = [
    ['/v1/responses', { input: 'a' }],
    ['/v1/responses', { input: 'b', previous_response_id: 'resp_1' }],
    ['/v1/responses', { input: 'c', previous_response_id: 'resp_2' }],
    ['/v1/responses', { input: 'd', previous_response_id: 'resp_3' }, { 'user-agent': 'another' }],
    ['/v1/responses', { input: 'e', previous_response_id: 'resp_x' }],
    ['/v1/messages', { max_tokens: 9, messages: [user('a')], thread: { type: 'create' } }],
    [
      '/v1/messages',
      { max_tokens: 9, messages: [user('b')], thread: { type: 'continue', previous_message_id: 'msg_6' } },
    ],
  ]
  for (const [path, body, headers] of turns) await (await g.post(path, { model: 'm', ...body }, headers)).text()
  const ids = of(await stop(), 'started').map(each => each.session_id)
  expect(ids.map(each => ids.indexOf(each))).toEqual([0, 0, 0, 3, 4, 5, 5])
})
