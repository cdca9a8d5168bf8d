import { join } from 'node:path'
import { expect, it } from 'vitest'
import { definePlugin } from '../../src/index.ts'
import { type SessionEvent, sessionWriterService } from '../../src/sessions/index.ts'
import { CHAT, completion, user } from '../../test/recording/chat.ts'
import { of, recorded, scratch } from '../../test/recording/rig.ts'
import sessionSqlite from '../session-sqlite/index.ts'

const call = { id: 'call_1', type: 'function', function: { name: 'read', arguments: '{"path":"a"}' } }

it('knows a history again that its client made shorter, with the same beginning or another', async () => {
  const { g, stop } = await recorded({ upstream: () => ({ body: completion({ content: 'ok' }) }) })
  const system = { role: 'system', content: 'Be brief.' }
  const assistant = (content: string) => ({ role: 'assistant', content })
  const tool = [
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id: 'call_1', content: 'text of a' },
  ]
  const requests = [
    [system, user('one')],
    [system, user('one'), ...tool, user('two')],
    // Compacted in the middle, then at the beginning.
    [system, user('summary'), ...tool, user('two'), assistant('2'), user('three')],
    [user('other summary'), ...tool, user('two'), assistant('2'), user('three'), assistant('3'), user('four')],
    // As it would go on.
    [
      user('other summary'),
      ...tool,
      user('two'),
      assistant('2'),
      user('three'),
      assistant('3'),
      user('four'),
      user(''),
    ],
  ]
  for (const messages of requests) {
    await (await g.post(CHAT, { model: 'm', messages }, { session_id: 's' })).text()
  }
  const recordings = of(await stop(), 'request_recorded')
  expect(recordings.map(each => [each.request_text, each.new_message_count])).toEqual([
    ['one', 2],
    ['two', 3],
    ['three', 2],
    ['four', 2],
    ['', 1],
  ])
})

it.each(['jsonl', 'sqlite'] as const)('counts no history twice after a restart, where %s has the session', async by => {
  const directory = scratch()
  const turn = (id: string) => [
    { role: 'assistant', content: null, tool_calls: [{ ...call, id }] },
    { role: 'tool', tool_call_id: id, content: 'text of a' },
  ]
  const told: SessionEvent[] = []
  const listening = definePlugin({
    name: 'listening',
    setup(_options, api) {
      api.offer(sessionWriterService, { name: 'listening', writer: { write: events => void told.push(...events) } })
      return {}
    },
  })
  const start = () =>
    recorded({
      directory,
      jsonl: { enabled: by === 'jsonl' },
      plugins: [by === 'sqlite' && sessionSqlite({ path: join(directory, 's.db') }), listening()],
      upstream: () => ({ body: completion({ content: 'ok' }) }),
    })
  const ask = async ({ g }: Awaited<ReturnType<typeof start>>, session: string, ...messages: object[]) =>
    (await g.post(CHAT, { model: 'm', messages }, { session_id: session })).text()
  const first = await start()
  await ask(first, 's', user('one'))
  await ask(first, 's', user('one'), ...turn('1'))
  await first.stop()
  const second = await start()
  told.length = 0
  // A new question beside the conversation comes before it goes on.
  await ask(second, 's', user('title'))
  await ask(second, 's', user('one'), ...turn('1'), ...turn('2'))
  await ask(second, 's', user('one'), ...turn('1'), ...turn('2'), { role: 'assistant', content: 'ok' }, user('two'))
  // Who comes with a history for the first time has said all of it now.
  await ask(second, 'other', user('one'), ...turn('1'), user('two'))
  await second.stop()
  expect(of(told, 'request_recorded').map(each => [each.request_text, each.new_message_count])).toEqual([
    ['title', 1],
    ['', 2],
    ['two', 2],
    ['one\ntwo', 4],
  ])
})

it('tells calls from each other whose server gives them the same id', async () => {
  const { g, stop } = await recorded({ upstream: () => ({ body: completion({ content: null, tool_calls: [call] }) }) })
  const turn = (content: string) => [
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id: 'call_1', content },
  ]
  for (const turns of [[], turn('1'), [...turn('1'), ...turn('22')], [...turn('1'), ...turn('22')]]) {
    await (await g.post(CHAT, { model: 'm', messages: [user('a'), ...turns] }, { session_id: 's' })).text()
  }
  const events = await stop()
  const [first, second] = of(events, 'started')
  expect(of(events, 'tool_result_recorded').map(each => [each.call_request_id, each.output_size_bytes])).toEqual([
    [first!.request_id, 1],
    [second!.request_id, 2],
  ])
})
