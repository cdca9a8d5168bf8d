import { readdirSync, readFileSync } from 'node:fs'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { CHAT, completion, user } from '../../test/recording/chat.ts'
import { of, recorded } from '../../test/recording/rig.ts'
import { until } from '../../test/support/until.ts'
import apiKeys from '../api-keys/index.ts'

const usage = {
  prompt_tokens: 100,
  completion_tokens: 20,
  total_tokens: 120,
  prompt_tokens_details: { cached_tokens: 60 },
  completion_tokens_details: { reasoning_tokens: 5 },
}
const call = { id: 'call_1', type: 'function', function: { name: 'read', arguments: '{"path":"a"}' } }
const chunk = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`

it('records an exchange from its beginning to its end', async () => {
  const { g, stop } = await recorded({ upstream: () => ({ body: completion({ content: 'Hello.' }, usage) }) })
  const body = { model: 'gpt-5', messages: [{ role: 'system', content: 'Be brief.' }, user('Hi')] }
  const headers = { session_id: 'session-1', 'x-session-tags': 'a, b,', 'x-luna-tags': 'c' }
  const reply = await g.post(CHAT, body, headers)
  await reply.text()
  const events = await stop()
  expect(events.map(each => each.type)).toEqual(['started', 'request_recorded', 'response_recorded', 'completed'])
  expect(events.map(each => each.session_id)).toEqual(Array(4).fill('session-1'))
  expect(events.map(each => each.sequence)).toEqual([0, 1, 2, 3])
  expect(new Set(events.map(each => each.request_id))).toEqual(new Set([reply.headers.get('x-lunaroute-request-id')]))
  expect(events).toMatchObject([
    { dialect: 'openai-chat', model_requested: 'gpt-5', provider: 'openai', session_tags: ['a', 'b', 'c'] },
    { request_text: 'Hi', request_json: body, message_count: 2, new_message_count: 2, has_system_prompt: true },
    {
      response_text: 'Hello.',
      response_json: completion({ content: 'Hello.' }, usage),
      provider: 'openai',
      model_used: 'gpt-5-2026',
      status: 200,
      input_tokens: 40,
      cache_read_tokens: 60,
      output_tokens: 15,
      reasoning_tokens: 5,
      total_tokens: 120,
      is_usage_estimated: false,
      finish_reason: 'stop',
    },
    { success: true, outcome: 'ok', error: null, attempts: [{ provider: 'openai', status: 200, failure: null }] },
  ])
})

it('counts what the history repeats once, and ties results to the calls that led to them', async () => {
  const answers = [completion({ content: null, tool_calls: [call] }), completion({ content: 'Done.' })]
  const { g, stop } = await recorded({ upstream: () => ({ body: answers.shift()! }) })
  const first = [user('Read a')]
  const second = [
    ...first,
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id: 'call_1', content: 'text of a' },
    user('and be quick'),
  ]
  for (const messages of [first, second, second]) {
    answers.push(completion({ content: 'x' }))
    await (await g.post(CHAT, { model: 'm', messages }, { session_id: 's' })).text()
  }
  const events = await stop()
  expect(
    of(events, 'request_recorded').map(each => [each.request_text, each.message_count, each.new_message_count]),
  ).toEqual([
    ['Read a', 1, 1],
    ['and be quick', 4, 3],
    ['', 4, 0],
  ])
  const [made] = of(events, 'tool_call_recorded')
  expect(made).toMatchObject({ tool_name: 'read', tool_call_id: 'call_1', tool_arguments: '{"path":"a"}' })
  const results = of(events, 'tool_result_recorded')
  expect(results).toMatchObject([
    { tool_name: 'read', tool_call_id: 'call_1', call_request_id: made!.request_id, output_size_bytes: 9 },
  ])
  expect(results[0]!.execution_time_ms).toBeGreaterThanOrEqual(0)
})

describe('sessions', () => {
  const ask = async (requests: readonly { messages: readonly object[]; headers?: Record<string, string> }[]) => {
    const { g, stop } = await recorded({ upstream: () => ({ body: completion({ content: 'ok' }) }) })
    for (const { messages, headers = {} } of requests) {
      await (await g.post(CHAT, { model: 'm', messages }, headers)).text()
    }
    return of(await stop(), 'started').map(each => each.session_id)
  }

  it('are the turns of a conversation whose client names none', async () => {
    const [one, two, other] = await ask([
      { messages: [user('a')] },
      { messages: [user('a'), { role: 'assistant', content: 'ok' }, user('b')] },
      { messages: [user('c')] },
    ])
    expect(two).toBe(one)
    expect(other).not.toBe(one)
  })

  it.each([
    '../../etc/passwd',
    'ü',
    'a'.repeat(300),
    'a b',
  ])('have a name that a file can have, for the id %j', async id => {
    const encoded = id === 'ü' ? '\u00fc' : id
    const ids = await ask([
      { messages: [user('a')], headers: { 'x-session-id': encoded } },
      { messages: [user('b')], headers: { 'x-session-id': encoded } },
    ])
    expect(ids[0]).toMatch(/^[0-9a-f]{32}$/)
    expect(ids[1]).toBe(ids[0])
  })

  it('of two callers are two, whatever they call them', async () => {
    const { g, stop } = await recorded({
      upstream: () => ({ body: completion({ content: 'ok' }) }),
      plugins: [
        apiKeys([
          { key: 'sk-gateway-001', name: 'one' },
          { key: 'sk-gateway-002', name: 'two' },
        ]),
      ],
    })
    for (const key of ['sk-gateway-001', 'sk-gateway-002', 'sk-gateway-001']) {
      const headers = { authorization: `Bearer ${key}`, session_id: 'same' }
      await (await g.post(CHAT, { model: 'm', messages: [user('a')] }, headers)).text()
    }
    const started = of(await stop(), 'started')
    expect(started.map(each => each.caller)).toEqual(['one', 'two', 'one'])
    expect(started[0]!.session_id).toBe('same')
    expect(started[1]!.session_id).not.toBe('same')
    expect(started[2]!.session_id).toBe('same')
  })

  it('know the agents of Claude Code', async () => {
    const { g, stop } = await recorded({
      upstream: () => ({ body: { type: 'message', role: 'assistant', content: [] } }),
    })
    const headers = {
      'anthropic-version': '2023-06-01',
      'x-claude-code-session-id': 's1',
      'x-claude-code-agent-id': 'a1',
    }
    await (await g.post('/v1/messages', { model: 'm', max_tokens: 1, messages: [user('a')] }, headers)).text()
    expect(of(await stop(), 'started')).toMatchObject([{ session_id: 's1', agent_id: 'a1', parent_id: 's1' }])
  })
})

describe('answers', () => {
  const record = async (answer: { body?: unknown; stream?: readonly string[]; status?: number; headers?: object }) => {
    const { g, stop } = await recorded({ upstream: () => answer as never })
    const reply = await g.post(CHAT, { model: 'm', stream: answer.stream !== undefined, messages: [user('Hi')] })
    await reply.arrayBuffer().catch(() => undefined)
    const events = await stop()
    return { answer: of(events, 'response_recorded')[0]!, end: of(events, 'completed')[0]! }
  }

  it('of a stream are put together, with an estimate where nothing is told of tokens', async () => {
    const stream = [chunk({ role: 'assistant', content: 'Hel' }), chunk({ content: 'lo' }, 'stop'), 'data: [DONE]\n\n']
    const { answer } = await record({ stream })
    expect(answer).toMatchObject({
      response_text: 'Hello',
      is_streaming: true,
      is_usage_estimated: true,
      output_tokens: 2,
    })
    expect(answer.response_json).toMatchObject({ choices: [{ message: { content: 'Hello' }, finish_reason: 'stop' }] })
  })

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ])('are read in the coding %s', async (coding, encode) => {
    const body = encode(Buffer.from(JSON.stringify(completion({ content: 'packed' }))))
    const headers = { 'content-type': 'application/json', 'content-encoding': coding }
    const { answer } = await record({ body, headers })
    expect(answer.response_text).toBe('packed')
  })

  it('that refuse are recorded with what the provider said', async () => {
    const error = { message: 'no such model', type: 'invalid_request_error', param: 'model', code: 'model_not_found' }
    const { answer, end } = await record({ status: 404, body: { error } })
    expect(answer).toMatchObject({ status: 404, response_json: { error }, total_tokens: 0, is_usage_estimated: false })
    expect(end).toMatchObject({ success: false, outcome: 'error', error: 'no such model' })
  })

  it('that unpack to more than can be read are kept as they came', async () => {
    const body = gzipSync(Buffer.alloc(300 * 1024 * 1024), { level: 1 })
    const { answer, end } = await record({ body, headers: { 'content-encoding': 'gzip' } })
    expect(answer.response_json).toEqual({ base64: body.toString('base64') })
    expect(end.outcome).toBe('ok')
  })

  it('that embed tell their tokens', async () => {
    const data = [{ object: 'embedding', index: 0, embedding: [0.5] }]
    const said = { object: 'list', data, model: 'text-embedding-3-small', usage: { prompt_tokens: 8, total_tokens: 8 } }
    const { g, stop } = await recorded({ upstream: () => ({ body: said }) })
    await (await g.post('/v1/embeddings', { model: 'text-embedding-3-small', input: 'hello' })).text()
    expect(of(await stop(), 'response_recorded')).toMatchObject([
      { response_json: said, input_tokens: 8, output_tokens: 0, total_tokens: 8, is_usage_estimated: false },
    ])
  })

  it('that are no JSON are kept as they are', async () => {
    expect((await record({ body: '<html>', status: 502 })).answer.response_json).toBe('<html>')
    const bytes = Buffer.from([0xff, 0xfe, 0])
    expect((await record({ body: bytes })).answer.response_json).toEqual({ base64: bytes.toString('base64') })
  })
})

it('records what came of an answer that its client left', async () => {
  const { g, stop } = await recorded({
    upstream: (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(chunk({ role: 'assistant', content: 'begun' }))
      return undefined
    },
  })
  const leaving = new AbortController()
  const reply = await g.fetch(CHAT, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', stream: true, messages: [user('Hi')] }),
    signal: leaving.signal,
  })
  await reply.body!.getReader().read()
  leaving.abort()
  const events = await stop()
  expect(of(events, 'response_recorded')).toMatchObject([{ response_text: 'begun', is_usage_estimated: true }])
  const error = 'the client left before the answer was complete'
  expect(of(events, 'completed')).toMatchObject([{ success: false, outcome: 'cancelled', error }])
})

it('records a refusal of the gateway, and none of its own pages', async () => {
  const { g, stop } = await recorded({
    upstream: () => ({ body: {} }),
    plugins: [apiKeys([{ key: 'sk-gateway-001', name: 'one' }])],
  })
  await (await g.post(CHAT, { model: 'm', messages: [] })).text()
  await (await g.fetch('/nothing-here')).text()
  const events = await stop()
  expect(events.map(each => each.type)).toEqual(['started', 'response_recorded', 'completed'])
  expect(of(events, 'completed')).toMatchObject([{ outcome: 'rejected', success: false }])
  expect(of(events, 'completed')[0]!.error).toMatch(/^LR_UNAUTHORIZED: /)
})

it.runIf(process.platform === 'linux')('lets the threads that serve go first', async () => {
  // Field 19 of proc(5)'s stat, counted from what follows the name, which may hold spaces.
  const threads = () =>
    readdirSync('/proc/self/task').map(id => {
      const stat = readFileSync(`/proc/self/task/${id}/stat`, 'latin1')
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])
    })
  const low = () => threads().filter(each => each === 19).length
  const before = low()
  const { g, stop } = await recorded({ upstream: () => ({ body: completion({ content: 'Hello.' }) }) })
  await (await g.post(CHAT, { model: 'gpt-5', messages: [user('Hi')] })).text()
  await until(() => low() > before, 'the worker steps back', 20_000)
  await stop()
})
