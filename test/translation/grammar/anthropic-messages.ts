import { isObject, type JsonObject } from 'lunaroute/neutral'
import type { PlainFrame } from '../stream-corpus.ts'

/** Which deltas a block takes. */
const DELTAS: Readonly<Record<string, readonly string[]>> = {
  text: ['text_delta', 'citations_delta'],
  thinking: ['thinking_delta', 'signature_delta'],
  tool_use: ['input_json_delta'],
  server_tool_use: ['input_json_delta'],
  mcp_tool_use: ['input_json_delta'],
  compaction: ['compaction_delta'],
}
const STOPS = new Set<unknown>([
  'end_turn',
  'max_tokens',
  'stop_sequence',
  'tool_use',
  'pause_turn',
  'refusal',
  'model_context_window_exceeded',
  'compaction',
])

interface State {
  phase: 'before' | 'message' | 'delta' | 'over'
  open:
    | { readonly index: number; readonly type: string; readonly head: JsonObject; input: string; isSigned: boolean }
    | undefined
  blocks: number
  readonly ids: Set<unknown>
}

type Problem = (rule: string, detail?: unknown) => void

/**
 * What a stream of Messages events does against Anthropic's description of it ("Streaming messages", "Event types").
 * Each problem is `rule: detail`; none means a legal stream.
 */
export function checkMessagesStream(frames: readonly PlainFrame[]): readonly string[] {
  const problems: string[] = []
  const state: State = { phase: 'before', open: undefined, blocks: 0, ids: new Set() }
  for (const [i, { event, data }] of frames.entries()) {
    const problem: Problem = (rule, detail = '') => void problems.push(`${rule}: frame ${i} ${JSON.stringify(detail)}`)
    if (!isObject(data)) {
      problem('not-json', data)
      continue
    }
    if (event !== data.type) problem('event-name', event)
    if (state.phase === 'over') problem('after-end', data.type)
    check(data, state, problem)
  }
  if (state.phase !== 'over') problems.push('no-end: neither message_stop nor error')
  return problems
}

function check(event: JsonObject, state: State, problem: Problem): void {
  switch (event.type) {
    case 'ping':
      return
    case 'error':
      state.phase = 'over'
      if (!isObject(event.error) || typeof event.error.type !== 'string' || typeof event.error.message !== 'string') {
        problem('error', event)
      }
      return
    case 'message_start':
      if (state.phase !== 'before') problem('start-again')
      state.phase = 'message'
      return checkStart(event.message, problem)
    case 'content_block_start':
      return checkBlockStart(event, state, problem)
    case 'content_block_delta':
      return checkDelta(event, state, problem)
    case 'content_block_stop':
      return checkBlockStop(event, state, problem)
    case 'message_delta':
      if (state.phase !== 'message') problem('delta-place', state.phase)
      if (state.open) problem('block-open', state.open.index)
      state.phase = 'delta'
      return checkMessageDelta(event, problem)
    case 'message_stop':
      if (state.phase !== 'delta') problem('stop-place', state.phase)
      state.phase = 'over'
      return
    default:
      problem('event-type', event.type)
  }
}

function checkStart(message: unknown, problem: Problem): void {
  if (!isObject(message)) return problem('start', message)
  const { id, type, role, model, content, usage, stop_reason: reason } = message
  if (typeof id !== 'string' || id === '' || typeof model !== 'string' || model === '') problem('start', message)
  if (type !== 'message' || role !== 'assistant') problem('start', message)
  if (!Array.isArray(content) || content.length > 0) problem('start-content', content)
  if (reason !== null) problem('start-stop', reason)
  if (!isObject(usage) || typeof usage.input_tokens !== 'number' || typeof usage.output_tokens !== 'number') {
    problem('start-usage', usage)
  }
}

function checkBlockStart(event: JsonObject, state: State, problem: Problem): void {
  if (state.phase !== 'message') problem('block-place', state.phase)
  if (state.open) problem('overlap', event.index)
  if (event.index !== state.blocks) problem('block-index', event.index)
  state.blocks++
  const head = event.content_block
  if (!isObject(head) || typeof head.type !== 'string') return problem('block', head)
  state.open = { index: event.index as number, type: head.type, head, input: '', isSigned: false }
  if (head.type === 'text' && head.text !== '') problem('head-text', head)
  if (head.type === 'thinking' && head.thinking !== '') problem('head-thinking', head)
  if (!head.type.endsWith('tool_use')) return
  const { id, name, input } = head
  if (typeof id !== 'string' || id === '' || typeof name !== 'string' || name === '') problem('call', head)
  if (state.ids.has(id)) problem('call-id-taken', id)
  state.ids.add(id)
  if (!isObject(input) || Object.keys(input).length > 0) problem('head-input', input)
}

function checkDelta({ index, delta }: JsonObject, { open }: State, problem: Problem): void {
  if (!open || open.index !== index || !isObject(delta)) return problem('delta-without-block', index)
  const allowed = Object.hasOwn(DELTAS, open.type) ? DELTAS[open.type]! : []
  if (!allowed.includes(delta.type as string)) problem('delta-type', `${String(delta.type)} in ${open.type}`)
  if (open.isSigned) problem('after-signature', delta.type)
  if (delta.type === 'text_delta' && typeof delta.text !== 'string') problem('delta', delta)
  if (delta.type === 'thinking_delta' && typeof delta.thinking !== 'string') problem('delta', delta)
  if (delta.type === 'signature_delta') open.isSigned = true
  if (delta.type === 'input_json_delta') {
    if (typeof delta.partial_json === 'string') open.input += delta.partial_json
    else problem('delta', delta)
  }
}

function checkBlockStop({ index }: JsonObject, state: State, problem: Problem): void {
  const { open } = state
  state.open = undefined
  if (!open || open.index !== index) return problem('stop-without-block', index)
  if (open.type === 'thinking' && !open.isSigned && !open.head.signature) problem('unsigned', index)
  if (open.type.endsWith('tool_use') && open.input !== '' && !isJson(open.input)) problem('input', open.input)
}

function checkMessageDelta({ delta, usage }: JsonObject, problem: Problem): void {
  if (!isObject(delta) || !STOPS.has(delta.stop_reason)) problem('stop-reason', delta)
  if (isObject(delta) && !('stop_sequence' in delta)) problem('stop-sequence', delta)
  if (!isObject(usage) || typeof usage.output_tokens !== 'number') problem('usage', usage)
}

function isJson(text: string): boolean {
  try {
    return isObject(JSON.parse(text))
  } catch {
    return false
  }
}
