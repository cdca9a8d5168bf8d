import { dataEvents, messageEvents } from '../support/scripted-provider.ts'

/** What a provider of one dialect says: "Hello.", the same as a stream, two calls of tools as a stream, and an error. */
interface Answers {
  readonly text: object
  readonly stream: readonly string[]
  readonly tools: readonly string[]
  readonly error: object
}

const completion = { id: 'chatcmpl-1', created: 1, model: 'served' }
const chatUsage = { prompt_tokens: 10, completion_tokens: 3, total_tokens: 13 }
const chunk = (delta: object, finish_reason: string | null = null) => ({
  ...completion,
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason }],
})
const chatEnd = [{ ...completion, object: 'chat.completion.chunk', choices: [], usage: chatUsage }, '[DONE]'] as const
const call = (index: number, id: string, name: string, args: string) => ({
  tool_calls: [{ index, id, type: 'function', function: { name, arguments: args } }],
})

const chat: Answers = {
  text: {
    ...completion,
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }],
    usage: chatUsage,
  },
  stream: dataEvents(
    chunk({ role: 'assistant', content: '' }),
    chunk({ content: 'Hel' }),
    chunk({ content: 'lo.' }),
    chunk({}, 'stop'),
    ...chatEnd,
  ),
  tools: dataEvents(
    chunk({ role: 'assistant', content: null }),
    chunk(call(0, 'call_1', 'weather', '{"ci')),
    chunk(call(1, 'call_2', 'time', '')),
    chunk({ tool_calls: [{ index: 0, function: { arguments: 'ty":"Rome"}' } }] }),
    chunk({ tool_calls: [{ index: 1, function: { arguments: '{}' } }] }),
    chunk({}, 'tool_calls'),
    ...chatEnd,
  ),
  error: { error: { message: 'slow down', type: 'rate_limit_error', param: null, code: 'rate_limit_exceeded' } },
}

const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'served',
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: { input_tokens: 10, output_tokens: 1 },
}
const start = { type: 'message_start', message }
const end = (stop_reason: string) => [
  { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 3 } },
  { type: 'message_stop' },
]
const block = (index: number, content_block: object, ...deltas: readonly object[]) => [
  { type: 'content_block_start', index, content_block },
  ...deltas.map(delta => ({ type: 'content_block_delta', index, delta })),
  { type: 'content_block_stop', index },
]

const messages: Answers = {
  text: { ...message, content: [{ type: 'text', text: 'Hello.' }], stop_reason: 'end_turn' },
  stream: messageEvents(
    start,
    ...block(0, { type: 'text', text: '' }, { type: 'text_delta', text: 'Hel' }, { type: 'text_delta', text: 'lo.' }),
    ...end('end_turn'),
  ),
  tools: messageEvents(
    start,
    ...block(
      0,
      { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} },
      { type: 'input_json_delta', partial_json: '{"city":' },
      { type: 'input_json_delta', partial_json: '"Rome"}' },
    ),
    ...block(1, { type: 'tool_use', id: 'toolu_2', name: 'time', input: {} }),
    ...end('tool_use'),
  ),
  error: { type: 'error', error: { type: 'rate_limit_error', message: 'slow down' } },
}

const response = { id: 'resp_1', object: 'response', created_at: 1, model: 'served', status: 'completed', error: null }
const usage = { input_tokens: 10, output_tokens: 3, total_tokens: 13 }
const textItem = (text: string) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: text === '' ? [] : [{ type: 'output_text', text, annotations: [] }],
})
const callItem = (n: number, name: string, args: string) => ({
  id: `fc_${n}`,
  type: 'function_call',
  status: 'completed',
  call_id: `call_${n}`,
  name,
  arguments: args,
})
const numbered = (...events: readonly { readonly type: string }[]) =>
  messageEvents(...events.map((event, sequence_number) => ({ ...event, sequence_number })))
const created = { type: 'response.created', response: { ...response, status: 'in_progress', output: [] } }
const completed = (...output: readonly object[]) => ({
  type: 'response.completed',
  response: { ...response, output, usage },
})
const place = { item_id: 'msg_1', output_index: 0, content_index: 0 }
const part = (text: string) => ({ type: 'output_text', text, annotations: [] })
const callEvents = (output_index: number, item: ReturnType<typeof callItem>) => {
  const at = { item_id: item.id, output_index }
  const added = { ...item, status: 'in_progress', arguments: '' }
  return [
    { type: 'response.output_item.added', output_index, item: added },
    { type: 'response.function_call_arguments.delta', ...at, delta: item.arguments },
    { type: 'response.function_call_arguments.done', ...at, arguments: item.arguments },
    { type: 'response.output_item.done', output_index, item },
  ]
}
const weather = callItem(1, 'weather', '{"city":"Rome"}')
const time = callItem(2, 'time', '{}')

const responses: Answers = {
  text: { ...response, output: [textItem('Hello.')], usage },
  stream: numbered(
    created,
    { type: 'response.output_item.added', ...{ output_index: 0, item: { ...textItem(''), status: 'in_progress' } } },
    { type: 'response.content_part.added', ...{ ...place, part: part('') } },
    { type: 'response.output_text.delta', ...{ ...place, delta: 'Hel' } },
    { type: 'response.output_text.delta', ...{ ...place, delta: 'lo.' } },
    { type: 'response.output_text.done', ...{ ...place, text: 'Hello.' } },
    { type: 'response.content_part.done', ...{ ...place, part: part('Hello.') } },
    { type: 'response.output_item.done', ...{ output_index: 0, item: textItem('Hello.') } },
    completed(textItem('Hello.')),
  ),
  tools: numbered(created, ...callEvents(0, weather), ...callEvents(1, time), completed(weather, time)),
  error: { error: { message: 'slow down', type: 'rate_limit_error', param: null, code: 'rate_limit_exceeded' } },
}

const usageMetadata = { promptTokenCount: 10, candidatesTokenCount: 3, totalTokenCount: 13 }
const candidate = (parts: readonly object[], finishReason?: string) => ({
  candidates: [{ index: 0, content: { role: 'model', parts }, ...(finishReason && { finishReason }) }],
  modelVersion: 'served',
  responseId: 'r1',
  usageMetadata,
})

const gemini: Answers = {
  text: candidate([{ text: 'Hello.' }], 'STOP'),
  stream: dataEvents(
    candidate([{ text: 'Hel' }]),
    candidate([{ text: 'lo' }]),
    candidate([{ text: '.' }]),
    candidate([{ text: '' }], 'STOP'),
  ),
  tools: dataEvents(
    candidate([
      { functionCall: { name: 'weather', args: { city: 'Rome' } }, thoughtSignature: 'c2ln' },
      { functionCall: { name: 'time', args: {} } },
    ]),
    candidate([{ text: '' }], 'STOP'),
  ),
  error: { error: { code: 429, message: 'slow down', status: 'RESOURCE_EXHAUSTED' } },
}

export const ANSWERS = {
  'openai-chat': chat,
  'openai-responses': responses,
  'anthropic-messages': messages,
  gemini,
} as const
