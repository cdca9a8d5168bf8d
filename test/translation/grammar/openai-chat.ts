import { isObject, type JsonObject } from 'lunaroute/neutral'
import type { PlainFrame } from '../stream-corpus.ts'

const FINISHES = new Set<unknown>(['stop', 'length', 'tool_calls', 'content_filter', 'function_call'])
const CONSTANT = ['id', 'created', 'model'] as const
const SAYS = ['content', 'refusal', 'tool_calls', 'function_call', 'audio', 'reasoning_content'] as const

interface ChoiceState {
  readonly calls: { id: unknown; isCustom: boolean; input: string }[]
  finish: unknown
}

/**
 * What a stream of chat completion chunks does against OpenAI's description of it (API reference, "Streaming events" and
 * the type `CreateChatCompletionStreamResponse`). Each problem is `rule: detail`; none means a legal stream.
 */
export function checkChatStream(frames: readonly PlainFrame[]): readonly string[] {
  const problems: string[] = []
  const choices = new Map<number, ChoiceState>()
  let head: JsonObject | undefined
  let usages = 0
  for (const [i, { event, data }] of frames.entries()) {
    const problem = (rule: string, detail: unknown = '') =>
      problems.push(`${rule}: frame ${i} ${JSON.stringify(detail)}`)
    const isLast = i === frames.length - 1
    if (event !== undefined) problem('event-name', event)
    if (data === '[DONE]') {
      if (!isLast) problem('after-done')
      continue
    }
    if (!isObject(data)) {
      problem('not-json', data)
      continue
    }
    if (isObject(data.error) || typeof data.error === 'string') {
      if (!isLast) problem('after-error')
      continue
    }
    if (isLast) problem('no-done')
    head ??= data
    checkHead(data, head, problem)
    if (!Array.isArray(data.choices)) {
      problem('no-choices', data)
      continue
    }
    if (isObject(data.usage)) {
      usages++
      if (data.choices.length > 0) problem('usage-with-choices')
      if (usages > 1) problem('usage-twice')
      if (!hasTotals(data.usage)) problem('usage-incomplete', data.usage)
    } else if (data.choices.length === 0) problem('empty-choices')
    else if (usages > 0) problem('after-usage')
    for (const choice of data.choices) checkChoice(choice, choices, problem)
  }
  return [...problems, ...checkEnd(frames, choices)]
}

function checkHead(chunk: JsonObject, head: JsonObject, problem: (rule: string, detail?: unknown) => void): void {
  if (chunk.object !== 'chat.completion.chunk') problem('object', chunk.object)
  if (typeof chunk.id !== 'string' || chunk.id === '') problem('id', chunk.id)
  if (typeof chunk.model !== 'string' || chunk.model === '') problem('model', chunk.model)
  if (!Number.isInteger(chunk.created)) problem('created', chunk.created)
  for (const key of CONSTANT) if (chunk[key] !== head[key]) problem('head-changes', key)
}

function checkChoice(
  choice: unknown,
  choices: Map<number, ChoiceState>,
  problem: (rule: string, detail?: unknown) => void,
): void {
  if (!isObject(choice) || typeof choice.index !== 'number' || !isObject(choice.delta))
    return void problem('choice', choice)
  const { index, delta, finish_reason: finish } = choice
  const isFirst = !choices.has(index)
  if (isFirst) choices.set(index, { calls: [], finish: undefined })
  const state = choices.get(index)!
  if (isFirst && delta.role !== 'assistant') problem('no-role', delta)
  if (!isFirst && delta.role !== undefined && delta.role !== null) problem('role-again', delta.role)
  if (state.finish !== undefined && SAYS.some(key => delta[key])) problem('after-finish', delta)
  for (const key of ['content', 'refusal'] as const) {
    const value = delta[key]
    if (value !== undefined && value !== null && typeof value !== 'string') problem(key, value)
  }
  for (const call of Array.isArray(delta.tool_calls) ? delta.tool_calls : []) checkCall(call, state, problem)
  if (!('finish_reason' in choice)) problem('finish-missing')
  if (finish === undefined || finish === null) return
  if (!FINISHES.has(finish)) problem('finish-word', finish)
  if (state.finish !== undefined) problem('finish-twice', finish)
  state.finish = finish
}

function checkCall(call: unknown, { calls }: ChoiceState, problem: (rule: string, detail?: unknown) => void): void {
  if (!isObject(call) || typeof call.index !== 'number') return void problem('call-index', call)
  const inner = isObject(call.function) ? call.function : isObject(call.custom) ? call.custom : {}
  const input = inner.arguments ?? inner.input ?? ''
  if (typeof input !== 'string') return void problem('call-arguments', input)
  const old = calls[call.index]
  if (old) {
    if (call.id !== undefined) problem('call-id-again', call)
    if (inner.name !== undefined) problem('call-name-again', call)
    old.input += input
    return
  }
  if (call.index !== calls.length) problem('call-order', call.index)
  if (typeof call.id !== 'string' || call.id === '') problem('call-id', call)
  if (calls.some(({ id }) => id === call.id)) problem('call-id-taken', call.id)
  if (typeof inner.name !== 'string' || inner.name === '') problem('call-name', call)
  if (call.type !== 'function' && call.type !== 'custom') problem('call-type', call)
  calls[call.index] = { id: call.id, isCustom: isObject(call.custom), input }
}

function checkEnd(frames: readonly PlainFrame[], choices: ReadonlyMap<number, ChoiceState>): readonly string[] {
  if (frames.length === 0) return ['empty: there is no frame']
  if (frames.at(-1)!.data !== '[DONE]') return []
  const problems: string[] = []
  if (choices.size === 0) problems.push('no-answer: [DONE] without a choice')
  for (const [index, { finish, calls }] of choices) {
    if (finish === undefined) problems.push(`no-finish: choice ${index}`)
    if (finish === 'tool_calls' && calls.length === 0) problems.push(`no-calls: choice ${index}`)
    // An answer that was cut short may hold arguments that are.
    const inputs = finish === 'length' ? [] : calls.filter(call => call && !call.isCustom).map(call => call.input)
    for (const input of inputs) if (!isJson(input)) problems.push(`arguments: ${input}`)
  }
  return problems
}

function hasTotals(usage: JsonObject): boolean {
  return ['prompt_tokens', 'completion_tokens', 'total_tokens'].every(key => typeof usage[key] === 'number')
}

function isJson(text: string): boolean {
  try {
    return isObject(JSON.parse(text))
  } catch {
    return false
  }
}
