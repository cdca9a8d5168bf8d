import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import prices from '../../plugins/prices/index.ts'
import sessionSqlite from '../../plugins/session-sqlite/index.ts'
import { SqliteReader } from '../../plugins/session-sqlite/reader.ts'
import type { SessionEvent } from '../../src/sessions/events.ts'
import { freePort } from '../support/free-port.ts'
import { of, type RecordingOptions, recorded, scratch } from './rig.ts'

type Answer = NonNullable<RecordingOptions['upstream']>

/** Sends one request after the other, and reads what the log and the database have of them. */
async function kept(
  upstream: Answer,
  requests: readonly (readonly [path: string, body: object])[],
  more: Partial<RecordingOptions> = {},
): Promise<{ readonly events: readonly SessionEvent[]; readonly reader: SqliteReader }> {
  const directory = scratch()
  const path = join(directory, 'sessions.db')
  const { g, stop } = await recorded({
    directory,
    upstream,
    plugins: [sessionSqlite({ path, sessions_dir: '' })],
    ...more,
  })
  for (const [where, body] of requests) await (await g.post(where, body, { 'x-session-id': 's' })).text()
  const events = await stop()
  const reader = new SqliteReader({ path })
  onTestFinished(() => reader.close())
  return { events, reader }
}

const message = (content: readonly object[], stop_reason: string) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-x',
  content,
  stop_reason,
  usage: { input_tokens: 10, output_tokens: 5, cache_read_input_tokens: 7, cache_creation_input_tokens: 3 },
})
const ask = {
  model: 'claude-x',
  max_tokens: 9,
  messages: [{ role: 'user', content: [{ type: 'text', text: 'why?' }] }],
}
const sse = (events: readonly object[]) => events.map(each => `data: ${JSON.stringify(each)}\n\n`)

it.each([
  ['end_turn', false],
  ['refusal', true],
])('an answer that ends with %s is a refusal: %s', async (reason, isRefusal) => {
  const { events, reader } = await kept(
    () => ({ body: message([{ type: 'text', text: 'so' }], reason) }),
    [['/v1/messages', ask]],
  )
  expect(of(events, 'response_recorded')).toMatchObject([{ has_refusal: isRefusal, response_text: 'so' }])
  expect(of(events, 'request_recorded')).toMatchObject([{ request_text: 'why?' }])
  expect(of(events, 'completed')).toMatchObject([{ success: true }])
  expect(reader.get('s')).toMatchObject({ input_tokens: 10, cache_read_tokens: 7, cache_creation_tokens: 3 })
})

it('a tool of an answer that was no stream is known when its result comes, which fails only where it says so', async () => {
  const results = [
    { tool_use_id: 'a', content: [{ type: 'text', text: 'error: not found' }] },
    { tool_use_id: 'b', content: 'fine', is_error: false },
    { tool_use_id: 'c', content: 'no', is_error: true },
    { tool_use_id: 'unknown', content: 'x' },
  ]
  const calls = ['a', 'b', 'c'].map(id => ({ type: 'tool_use', id, name: `tool-${id}`, input: { id } }))
  const second = {
    ...ask,
    messages: [
      ...ask.messages,
      { role: 'assistant', content: calls },
      { role: 'user', content: results.map(each => ({ type: 'tool_result', ...each })) },
    ],
  }
  const { events, reader } = await kept(
    () => ({ body: message(calls, 'tool_use') }),
    [
      ['/v1/messages', ask],
      ['/v1/messages', second],
    ],
  )
  expect(of(events, 'tool_result_recorded').map(each => [each.tool_call_id, each.tool_name, each.success])).toEqual([
    ['a', 'tool-a', null],
    ['b', 'tool-b', true],
    ['c', 'tool-c', false],
    ['unknown', expect.any(String), null],
  ])
  for (const each of of(events, 'tool_result_recorded')) expect(each.output_size_bytes).toBeGreaterThan(0)
  expect(reader.get('s')).toMatchObject({ request_count: 2, total_tokens: 50, success: true })
  const tools = reader.report('tools', {}).map(each => [each.tool_name, each.success_count, each.failure_count])
  expect(tools).toEqual(expect.arrayContaining([['tool-c', 0, 1]]))
})

it('a Responses answer has its tokens, and one that told none an estimate and an end', async () => {
  const output = [
    { type: 'function_call', id: 'fc', call_id: 'c1', name: 'run', arguments: '{"command":"ls"}', status: 'completed' },
  ]
  const usage = {
    input_tokens: 40,
    input_tokens_details: { cached_tokens: 10 },
    output_tokens: 8,
    output_tokens_details: { reasoning_tokens: 3 },
    total_tokens: 48,
  }
  const response = { id: 'r', object: 'response', created_at: 1, status: 'completed', model: 'gpt-x', output }
  const stream = sse([
    { type: 'response.created', response: { ...response, status: 'in_progress', output: [] } },
    { type: 'response.output_item.done', output_index: 0, item: output[0] },
    { type: 'response.completed', response },
  ])
  const body = { model: 'gpt-x', input: 'list the files', store: false }
  const { events } = await kept(
    request => ((request.json() as { stream?: boolean }).stream ? { stream } : { body: { ...response, usage } }),
    [
      ['/v1/responses', body],
      ['/v1/responses', { ...body, stream: true }],
    ],
  )
  const [first, second] = [...of(events, 'response_recorded')].sort((a, b) => a.timestamp.localeCompare(b.timestamp))
  const counted = { input_tokens: 30, cache_read_tokens: 10, output_tokens: 5, reasoning_tokens: 3, total_tokens: 48 }
  expect(first).toMatchObject({ ...counted, is_usage_estimated: false })
  expect(second).toMatchObject({ is_usage_estimated: true, is_streaming: true })
  expect(of(events, 'tool_call_recorded').map(each => each.tool_arguments)).toEqual([
    '{"command":"ls"}',
    '{"command":"ls"}',
  ])
  expect(of(events, 'completed').map(each => each.success)).toEqual([true, true])
})

it('a stream whose provider cannot be reached has an end, and a success of 0 is 0', async () => {
  const nobody = `http://127.0.0.1:${await freePort()}`
  const { events, reader } = await kept(() => ({ body: {} }), [['/v1/messages', { ...ask, stream: true }]], {
    providers: { anthropic: { base_url: nobody } },
  })
  expect(of(events, 'completed')).toMatchObject([{ success: false, error: expect.any(String) }])
  expect(reader.get('s')).toMatchObject({ success: false, failed_requests: 1 })
  expect(reader.report('overview', {})).toMatchObject([{ success_rate: 0 }])
})

it('what is written to a cache for an hour costs what that costs', async () => {
  const answer = message([{ type: 'text', text: 'so' }], 'end_turn')
  const split = { ephemeral_5m_input_tokens: 1000, ephemeral_1h_input_tokens: 2000 }
  const usage = { input_tokens: 0, output_tokens: 0, cache_creation_input_tokens: 3000, cache_creation: split }
  const price = { input: 3, output: 15, cache_write: 4, cache_write_1h: 6 }
  const { g, stop } = await recorded({
    upstream: () => ({ body: { ...answer, usage } }),
    plugins: [prices({ 'claude-x': price })],
  })
  await (await g.post('/v1/messages', ask)).text()
  expect(of(await stop(), 'completed')[0]!.estimated_cost).toMatchObject({ cache_creation_cost_usd: 0.016 })
})

it('says nothing of a repair where requests come with the very start', async () => {
  const directory = scratch()
  const plugins = [sessionSqlite({ path: join(directory, 'sessions.db') })]
  const { g, stop } = await recorded({ directory, upstream: () => ({ body: message([], 'end_turn') }), plugins })
  const send = async () => (await g.post('/v1/messages', ask)).text()
  for (let i = 0; i < 30; i++) await Promise.all([send(), send(), send()])
  expect(of(await stop(), 'completed')).toHaveLength(90)
  expect(g.logs.filter(each => each.includes('were missing'))).toEqual([])
})
