import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CLIENT_KEY } from '../support/dialects.ts'
import { endless, json, stream, typed } from '../support/provider.ts'
import { type Rig, startRig } from '../support/roundtrip.ts'

let rig: Rig
let client: OpenAI
beforeAll(async () => {
  rig = await startRig()
  client = new OpenAI({ apiKey: CLIENT_KEY, baseURL: `${rig.gateway.url}/v1`, maxRetries: 0 })
})
afterAll(() => rig?.close())

const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text: 'Sunny.', annotations: [] }],
}
const call = {
  id: 'fc_1',
  type: 'function_call',
  call_id: 'call_1',
  name: 'get_weather',
  arguments: '{"city":"Paris"}',
  status: 'completed',
}
const response = (output: readonly object[], status = 'completed'): object => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1_760_000_000,
  status,
  model: 'gpt-5',
  output,
  tools: [],
  parallel_tool_calls: true,
  error: null,
})
const at = (sequence_number: number, type: string, fields: object): string =>
  typed({ type, ...{ sequence_number, ...fields } })

test('a response comes through the OpenAI SDK', async () => {
  rig.upstream.script = json(response([message]))
  const answer = await client.responses.create({ model: 'gpt-5', input: 'weather?' })
  expect(answer.output_text).toBe('Sunny.')
  expect(rig.upstream.requests.at(-1)?.target).toBe('/v1/responses')
})

test('a streamed response comes through the OpenAI SDK event by event', async () => {
  rig.upstream.script = stream([
    at(0, 'response.created', { response: response([], 'in_progress') }),
    at(1, 'response.output_item.added', { output_index: 0, item: { ...message, content: [] } }),
    at(2, 'response.content_part.added', {
      output_index: 0,
      content_index: 0,
      item_id: 'msg_1',
      part: { type: 'output_text', text: '', annotations: [] },
    }),
    at(3, 'response.output_text.delta', { output_index: 0, content_index: 0, item_id: 'msg_1', delta: 'Sun' }),
    at(4, 'response.output_text.delta', { output_index: 0, content_index: 0, item_id: 'msg_1', delta: 'ny.' }),
    at(5, 'response.output_item.done', { output_index: 0, item: message }),
    at(6, 'response.completed', { response: response([message]) }),
  ])
  const types: string[] = []
  let text = ''
  for await (const event of await client.responses.create({ model: 'gpt-5', input: 'weather?', stream: true })) {
    types.push(event.type)
    if (event.type === 'response.output_text.delta') text += event.delta
  }
  expect([text, types.length, types.at(-1)]).toEqual(['Sunny.', 7, 'response.completed'])
})

test('a function call whose arguments are streamed comes through the OpenAI SDK', async () => {
  rig.upstream.script = stream([
    at(0, 'response.created', { response: response([], 'in_progress') }),
    at(1, 'response.output_item.added', { output_index: 0, item: { ...call, arguments: '' } }),
    at(2, 'response.function_call_arguments.delta', { output_index: 0, item_id: 'fc_1', delta: '{"city":' }),
    at(3, 'response.function_call_arguments.delta', { output_index: 0, item_id: 'fc_1', delta: '"Paris"}' }),
    at(4, 'response.function_call_arguments.done', { output_index: 0, item_id: 'fc_1', arguments: call.arguments }),
    at(5, 'response.output_item.done', { output_index: 0, item: call }),
    at(6, 'response.completed', { response: response([call]) }),
  ])
  let text = ''
  const events = client.responses.stream({ model: 'gpt-5', input: 'weather?' })
  events.on('response.function_call_arguments.delta', event => {
    text += event.delta
  })
  const final = await events.finalResponse()
  expect(text).toBe('{"city":"Paris"}')
  expect(final.output[0]).toMatchObject({ type: 'function_call', call_id: 'call_1', arguments: '{"city":"Paris"}' })
})

test('an error of the provider inside a response stream reaches the OpenAI SDK', async () => {
  rig.upstream.script = stream([
    at(0, 'response.created', { response: response([], 'in_progress') }),
    at(1, 'response.failed', {
      response: { ...response([], 'failed'), error: { code: 'server_error', message: 'scripted' } },
    }),
  ])
  const types: string[] = []
  for await (const event of await client.responses.create({ model: 'gpt-5', input: 'x', stream: true }))
    types.push(event.type)
  expect(types).toEqual(['response.created', 'response.failed'])
})

test('a response stream the OpenAI SDK aborts is aborted at the provider', async () => {
  rig.upstream.script = endless([at(0, 'response.created', { response: response([], 'in_progress') })])
  const events = await client.responses.create({ model: 'gpt-5', input: 'x', stream: true })
  let left = 0
  for await (const _ of events) {
    left = performance.now()
    events.controller.abort()
  }
  expect((await rig.upstream.requests.at(-1)!.aborted) - left).toBeLessThan(100)
})
