import { dataEvents, messageEvents } from '../../support/scripted-provider.ts'

/** Something a provider says in one answer: a thought with its state, a text, or a call of a tool. */
export type Said =
  | { readonly thought: string; readonly state: string }
  | { readonly text: string }
  | { readonly call: number; readonly name: string; readonly input: object }

/** One answer in both its forms. */
export interface Spoken {
  readonly json: object
  readonly events: readonly string[]
}

/** How a provider of one dialect says things. */
export interface Speech {
  say(...said: readonly Said[]): Spoken
  /** The body of an error. */
  error(status: number, message: string, isOverflow?: boolean): object
}

const isCall = (said: Said): said is Extract<Said, { readonly call: number }> => 'call' in said
const textOf = (said: readonly Said[]) => said.map(each => ('text' in each ? each.text : '')).join('')
const hasCalls = (said: readonly Said[]) => said.some(isCall)

const OPENAI_TYPES: Readonly<Record<number, readonly [type: string, code: string | null]>> = {
  400: ['invalid_request_error', null],
  401: ['authentication_error', 'invalid_api_key'],
  429: ['rate_limit_error', 'rate_limit_exceeded'],
  500: ['server_error', null],
}
const openaiError: Speech['error'] = (status, message, isOverflow) => {
  const [type, code] = OPENAI_TYPES[status]!
  return { error: { message, type, param: null, code: isOverflow ? 'context_length_exceeded' : code } }
}

const chat: Speech = {
  error: openaiError,
  say(...said) {
    const head = { id: 'chatcmpl-1', created: 1, model: 'served' }
    const usage = { prompt_tokens: 10, completion_tokens: 3, total_tokens: 13 }
    const details = said.flatMap(each =>
      'thought' in each ? [{ type: 'reasoning.text', text: each.thought, signature: each.state }] : [],
    )
    const thought = details.length > 0 ? { reasoning_details: details } : {}
    const calls = said.filter(isCall).map(({ call, name, input }) => ({
      id: `call_${call}`,
      type: 'function',
      function: { name, arguments: JSON.stringify(input) },
    }))
    const message = {
      role: 'assistant',
      content: textOf(said) || null,
      ...thought,
      ...(calls.length > 0 && { tool_calls: calls }),
    }
    const finish_reason = hasCalls(said) ? 'tool_calls' : 'stop'
    const chunk = (delta: object, reason: string | null = null) => ({
      ...head,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, finish_reason: reason }],
    })
    const text = textOf(said)
    return {
      json: { ...head, object: 'chat.completion', choices: [{ index: 0, message, finish_reason }], usage },
      events: dataEvents(
        chunk({ role: 'assistant', content: '' }),
        ...(details.length > 0 ? [chunk(thought)] : []),
        ...(text === '' ? [] : [chunk({ content: text.slice(0, 3) }), chunk({ content: text.slice(3) })]),
        // Parallel calls may come in turns.
        ...calls.map((call, index) =>
          chunk({ tool_calls: [{ ...call, index, function: { ...call.function, arguments: '' } }] }),
        ),
        ...calls.map((call, index) =>
          chunk({ tool_calls: [{ index, function: { arguments: call.function.arguments } }] }),
        ),
        chunk({}, finish_reason),
        { ...head, object: 'chat.completion.chunk', choices: [], usage },
        '[DONE]',
      ),
    }
  },
}

const responses: Speech = {
  error: openaiError,
  say(...said) {
    const head = { id: 'resp_1', object: 'response', created_at: 1, model: 'served', error: null }
    const usage = { input_tokens: 10, output_tokens: 3, total_tokens: 13 }
    const output = said.map(item)
    const events = output.flatMap((each, output_index) => itemEvents(each, output_index))
    const json = { ...head, status: 'completed', output, usage }
    const all = [
      { type: 'response.created', response: { ...head, status: 'in_progress', output: [] } },
      ...events,
      { type: 'response.completed', response: json },
    ]
    return { json, events: messageEvents(...all.map((event, sequence_number) => ({ ...event, sequence_number }))) }
  },
}

type Item = ReturnType<typeof item>

function item(said: Said, i: number) {
  if ('thought' in said) {
    const summary = [{ type: 'summary_text', text: said.thought }]
    return { type: 'reasoning', id: `rs_${i}`, summary, encrypted_content: said.state } as const
  }
  if ('text' in said) {
    const content = [{ type: 'output_text', text: said.text, annotations: [] }]
    return { type: 'message', id: `msg_${i}`, role: 'assistant', status: 'completed', content } as const
  }
  const { call, name, input } = said
  const place = { id: `fc_${call}`, call_id: `call_${call}`, status: 'completed' }
  return { type: 'function_call', ...place, name, arguments: JSON.stringify(input) } as const
}

function itemEvents(each: Item, output_index: number): readonly { readonly type: string }[] {
  const at = { item_id: each.id, output_index }
  const around = (added: object, ...inner: readonly { readonly type: string }[]) => [
    { type: 'response.output_item.added', output_index, item: added },
    ...inner,
    { type: 'response.output_item.done', output_index, item: each },
  ]
  if (each.type === 'function_call') {
    return around(
      { ...each, status: 'in_progress', arguments: '' },
      { type: 'response.function_call_arguments.delta', ...at, ...{ delta: each.arguments } },
      { type: 'response.function_call_arguments.done', ...at, ...{ arguments: each.arguments } },
    )
  }
  if (each.type === 'reasoning') {
    const part = each.summary[0]!
    const there = { ...at, summary_index: 0 }
    return around(
      { ...each, summary: [], encrypted_content: '' },
      { type: 'response.reasoning_summary_part.added', ...there, ...{ part: { ...part, text: '' } } },
      { type: 'response.reasoning_summary_text.delta', ...there, ...{ delta: part.text } },
      { type: 'response.reasoning_summary_text.done', ...there, ...{ text: part.text } },
      { type: 'response.reasoning_summary_part.done', ...there, ...{ part } },
    )
  }
  const part = each.content[0]!
  const there = { ...at, content_index: 0 }
  return around(
    { ...each, status: 'in_progress', content: [] },
    { type: 'response.content_part.added', ...there, ...{ part: { ...part, text: '' } } },
    { type: 'response.output_text.delta', ...there, ...{ delta: part.text.slice(0, 3) } },
    { type: 'response.output_text.delta', ...there, ...{ delta: part.text.slice(3) } },
    { type: 'response.output_text.done', ...there, ...{ text: part.text } },
    { type: 'response.content_part.done', ...there, ...{ part } },
  )
}

const MESSAGES_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  429: 'rate_limit_error',
  500: 'api_error',
}

const messages: Speech = {
  error: (status, message) => ({ type: 'error', error: { type: MESSAGES_TYPES[status], message } }),
  say(...said) {
    const stop_reason = hasCalls(said) ? 'tool_use' : 'end_turn'
    const head = { id: 'msg_1', type: 'message', role: 'assistant', model: 'served', stop_sequence: null }
    const usage = { input_tokens: 10, output_tokens: 3 }
    const content = said.map(each => {
      if ('thought' in each) return { type: 'thinking', thinking: each.thought, signature: each.state }
      if ('text' in each) return { type: 'text', text: each.text }
      return { type: 'tool_use', id: `toolu_${each.call}`, name: each.name, input: each.input }
    })
    const deltas = (each: Said): readonly object[] => {
      if ('thought' in each) {
        return [
          { type: 'thinking_delta', thinking: each.thought },
          { type: 'signature_delta', signature: each.state },
        ]
      }
      if ('text' in each) return [each.text.slice(0, 3), each.text.slice(3)].map(text => ({ type: 'text_delta', text }))
      const json = JSON.stringify(each.input)
      return [json.slice(0, 4), json.slice(4)].map(partial_json => ({ type: 'input_json_delta', partial_json }))
    }
    const empty = (block: { readonly type: string }) => {
      if (block.type === 'thinking') return { type: 'thinking', thinking: '', signature: '' }
      return block.type === 'text' ? { type: 'text', text: '' } : { ...block, input: {} }
    }
    return {
      json: { ...head, content, stop_reason, usage },
      events: messageEvents(
        { type: 'message_start', message: { ...head, content: [], stop_reason: null, usage } },
        ...content.flatMap((block, index) => [
          { type: 'content_block_start', index, content_block: empty(block) },
          ...deltas(said[index]!).map(delta => ({ type: 'content_block_delta', index, delta })),
          { type: 'content_block_stop', index },
        ]),
        { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage },
        { type: 'message_stop' },
      ),
    }
  },
}

const GEMINI_WORDS: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
}

const gemini: Speech = {
  error: (code, message) => ({ error: { code, message, status: GEMINI_WORDS[code] } }),
  say(...said) {
    const state = said.find(each => 'thought' in each)?.state
    let isSigned = state === undefined
    const parts = said.map(each => {
      if ('thought' in each) return { text: each.thought, thought: true }
      // The state of a thought stands on what follows it.
      const signature = isSigned ? {} : { thoughtSignature: state }
      isSigned = true
      if ('text' in each) return { text: each.text, ...signature }
      return { functionCall: { name: each.name, args: each.input }, ...signature }
    })
    const usageMetadata = { promptTokenCount: 10, candidatesTokenCount: 3, totalTokenCount: 13 }
    const candidate = (some: readonly object[], finishReason?: string) => ({
      candidates: [{ index: 0, content: { role: 'model', parts: some }, ...(finishReason && { finishReason }) }],
      modelVersion: 'served',
      responseId: 'r1',
      usageMetadata,
    })
    return {
      json: candidate(parts, 'STOP'),
      events: dataEvents(...parts.map(part => candidate([part])), candidate([{ text: '' }], 'STOP')),
    }
  },
}

export const SPEECH = {
  'openai-chat': chat,
  'openai-responses': responses,
  'anthropic-messages': messages,
  gemini,
} as const satisfies Readonly<Record<string, Speech>>
