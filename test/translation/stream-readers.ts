import { isObject, type JsonObject } from 'lunaroute/neutral'
import type { PlainFrame } from './stream-corpus.ts'

/** What a stream says, read as plainly as can be and without the codecs. */
export interface Said {
  readonly text: string
  readonly thinking: string
  readonly calls: readonly { readonly name: unknown; readonly input: unknown }[]
  readonly stop: string | undefined
  /** Input tokens with those of the cache, output tokens. */
  readonly usage: { readonly input: number | undefined; readonly output: number | undefined }
  readonly error: string | undefined
}

/** Reads the first answer of a stream of Chat chunks. */
export function readChat(frames: readonly PlainFrame[]): Said {
  const calls: { id: unknown; index: unknown; name: unknown; isCustom: boolean; input: string }[] = []
  const said = { text: '', thinking: '' }
  let stop: string | undefined
  let usage: Said['usage'] = { input: undefined, output: undefined }
  let error: string | undefined
  for (const { data } of frames) {
    if (!isObject(data)) continue
    if (isObject(data.error)) {
      error = String(data.error.message)
      break
    }
    if (isObject(data.usage))
      usage = { input: numberOf(data.usage.prompt_tokens), output: numberOf(data.usage.completion_tokens) }
    for (const choice of objectsIn(data.choices)) {
      if ((choice.index ?? 0) !== 0) continue
      const delta = isObject(choice.delta) ? choice.delta : {}
      for (const part of partsOf(delta.content)) {
        if (part.type === 'text') said.text += String(part.text)
        else for (const thought of objectsIn(part.thinking)) said.thinking += String(thought.text)
      }
      if (typeof delta.refusal === 'string') said.text += delta.refusal
      said.thinking += thoughtOf(delta)
      for (const call of objectsIn(delta.tool_calls)) {
        const isCustom = isObject(call.custom) && !isObject(call.function)
        const inner = isObject(call.function) ? call.function : isObject(call.custom) ? call.custom : {}
        const isNew =
          typeof inner.name === 'string' && !calls.some(({ id, index }) => id === call.id && index === call.index)
        if (isNew) calls.push({ id: call.id, index: call.index, name: inner.name, isCustom, input: '' })
        const target = isNew ? calls.at(-1) : (calls.find(({ index }) => index === call.index) ?? calls.at(-1))
        const piece = isCustom ? inner.input : inner.arguments
        if (target && typeof piece === 'string') target.input += piece
      }
      if (typeof choice.finish_reason === 'string' && choice.finish_reason !== '') stop = choice.finish_reason
    }
  }
  return {
    ...said,
    calls: calls.map(({ name, isCustom, input }) => ({ name, input: isCustom ? { input } : parse(input) })),
    stop,
    usage,
    error,
  }
}

/** Reads a stream of Messages events. */
export function readMessages(frames: readonly PlainFrame[]): Said {
  const calls: { name: unknown; input: string; head: unknown }[] = []
  const said = { text: '', thinking: '' }
  let open: JsonObject = {}
  let stop: string | undefined
  let usage: JsonObject = {}
  let error: string | undefined
  const start = (block: JsonObject) => {
    open = block
    if (block.type === 'tool_use') calls.push({ name: block.name, input: '', head: block.input })
  }
  for (const { data } of frames) {
    if (!isObject(data)) continue
    if (data.type === 'message_start' && isObject(data.message)) {
      usage = { ...usage, ...(isObject(data.message.usage) ? data.message.usage : {}) }
      if (typeof data.message.stop_reason === 'string') stop = data.message.stop_reason
      for (const block of objectsIn(data.message.content)) start(block)
    }
    if (data.type === 'content_block_start' && isObject(data.content_block)) start(data.content_block)
    if (data.type === 'content_block_delta' && isObject(data.delta)) {
      const { type, text, thinking, partial_json: input } = data.delta
      if (type === 'text_delta') said.text += String(text)
      if (type === 'thinking_delta') said.thinking += String(thinking)
      if (type === 'input_json_delta' && open.type === 'tool_use') calls.at(-1)!.input += String(input)
    }
    if (data.type === 'message_delta') {
      if (isObject(data.delta) && typeof data.delta.stop_reason === 'string') stop = data.delta.stop_reason
      if (isObject(data.usage)) usage = { ...usage, ...data.usage }
    }
    if (data.type === 'error' && isObject(data.error)) error = String(data.error.message)
  }
  const cached = Number(usage.cache_read_input_tokens ?? 0) + Number(usage.cache_creation_input_tokens ?? 0)
  const input = numberOf(usage.input_tokens)
  return {
    ...said,
    calls: calls.map(({ name, input, head }) => ({ name, input: input === '' ? head : parse(input) })),
    stop,
    usage: { input: input === undefined ? undefined : input + cached, output: numberOf(usage.output_tokens) },
    error,
  }
}

function thoughtOf(delta: JsonObject): string {
  for (const key of ['reasoning_content', 'reasoning'] as const) {
    const text = delta[key]
    if (typeof text === 'string' && text !== '') return text
  }
  return objectsIn(delta.reasoning_details)
    .map(({ text, summary }) => (typeof text === 'string' ? text : typeof summary === 'string' ? summary : ''))
    .join('')
}

function partsOf(content: unknown): readonly JsonObject[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : objectsIn(content)
}

function objectsIn(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

function parse(text: string): unknown {
  if (text === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
