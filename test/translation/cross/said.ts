import { isObject, type JsonObject } from 'lunaroute/neutral'
import type { PlainFrame } from '../stream-corpus.ts'
import { readChat, readMessages, type Said } from '../stream-readers.ts'

/** What an answer says, in words that are the same for all dialects. Read without the codecs. */
export interface Meaning {
  readonly text: string
  readonly calls: readonly { readonly name: unknown; readonly input: unknown }[]
  readonly stop: 'stop' | 'length' | 'calls' | 'filter' | 'none'
  /** Input tokens with those of the cache, output tokens with those of reasoning. */
  readonly usage: { readonly input: number | undefined; readonly output: number | undefined }
  readonly isError: boolean
}

/** How the answers of one dialect are read. */
export interface Reader {
  stream(frames: readonly PlainFrame[]): Meaning
  whole(body: JsonObject): Meaning
}

type Stop = Meaning['stop']

const CHAT_STOPS: Readonly<Record<string, Stop>> = {
  length: 'length',
  content_filter: 'filter',
}
const MESSAGES_STOPS: Readonly<Record<string, Stop>> = {
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  refusal: 'filter',
}
const GEMINI_FILTERS = new Set(
  'SAFETY,RECITATION,BLOCKLIST,PROHIBITED_CONTENT,SPII,MODEL_ARMOR,IMAGE_SAFETY,LANGUAGE'.split(','),
)

export const CHAT: Reader = {
  stream(frames) {
    const said = meant(readChat(frames), CHAT_STOPS)
    const deltas = frames.flatMap(({ data }) => objectsIn(field(data, 'choices')).map(({ delta }) => delta))
    const isRefused = deltas.some(
      delta => typeof field(delta, 'refusal') === 'string' && field(delta, 'refusal') !== '',
    )
    return isRefused ? { ...said, stop: 'filter' } : said
  },
  whole(body) {
    const [choice = {}] = objectsIn(body.choices).filter(({ index }) => (index ?? 0) === 0)
    const message = isObject(choice.message) ? choice.message : {}
    const usage = isObject(body.usage) ? body.usage : {}
    const old = isObject(message.function_call) && message.function_call.name ? [message.function_call] : []
    const calls = [
      ...objectsIn(message.tool_calls).map(call => ({
        name: field(call.type === 'custom' ? call.custom : call.function, 'name'),
        input: call.type === 'custom' ? custom(field(call.custom, 'input')) : parsed(field(call.function, 'arguments')),
      })),
      ...old.map(call => ({ name: call.name, input: parsed(call.arguments) })),
    ]
    const refusal = typeof message.refusal === 'string' ? message.refusal : ''
    const spoken = field(message.audio, 'transcript')
    return {
      text: textOf(message.content) + refusal + (typeof spoken === 'string' ? spoken : ''),
      calls,
      stop: refusal === '' ? stopOf(choice.finish_reason, CHAT_STOPS, calls.length > 0) : 'filter',
      usage: { input: numberOf(usage.prompt_tokens), output: numberOf(usage.completion_tokens) },
      isError: false,
    }
  },
}

export const MESSAGES: Reader = {
  stream: frames => meant(readMessages(frames), MESSAGES_STOPS),
  whole(body) {
    const content = objectsIn(body.content)
    const usage = isObject(body.usage) ? body.usage : {}
    const calls = content.filter(({ type }) => type === 'tool_use').map(({ name, input }) => ({ name, input }))
    const cached = Number(usage.cache_read_input_tokens ?? 0) + Number(usage.cache_creation_input_tokens ?? 0)
    const input = numberOf(usage.input_tokens)
    return {
      text: content.map(block => (block.type === 'text' ? String(block.text) : '')).join(''),
      calls,
      stop: stopOf(body.stop_reason, MESSAGES_STOPS, calls.length > 0),
      usage: { input: input === undefined ? undefined : input + cached, output: numberOf(usage.output_tokens) },
      isError: false,
    }
  },
}

export const RESPONSES: Reader = {
  stream(frames) {
    const items = new Map<unknown, JsonObject>()
    const done = new Map<unknown, JsonObject>()
    const deltas = new Map<unknown, string>()
    let last: JsonObject = {}
    let isError = false
    for (const { data } of frames) {
      if (!isObject(data)) continue
      const { type, output_index: at, item, delta } = data
      if (type === 'response.output_item.added' && isObject(item)) items.set(at, item)
      if (type === 'response.output_item.done' && isObject(item)) done.set(at, item)
      if (typeof delta === 'string' && TELLING.has(String(type))) deltas.set(at, (deltas.get(at) ?? '') + delta)
      if (type === 'error' || type === 'response.failed') isError = true
      if (isObject(data.response)) last = data.response
    }
    const places = [...new Set([...items.keys(), ...done.keys()])].sort((a, b) => Number(a) - Number(b))
    const said = places.map(at => done.get(at) ?? filled(items.get(at) ?? {}, deltas.get(at) ?? ''))
    const output = said.length > 0 ? said : objectsIn(last.output)
    return { ...RESPONSES.whole({ ...last, output }), isError }
  },
  whole(body) {
    const output = objectsIn(body.output)
    const usage = isObject(body.usage) ? body.usage : {}
    const parts = output.filter(({ type }) => type === 'message').flatMap(({ content }) => objectsIn(content))
    const calls = output.flatMap(item => {
      if (item.type === 'function_call') return [{ name: item.name, input: parsed(item.arguments) }]
      if (item.type === 'custom_tool_call') return [{ name: item.name, input: custom(item.input) }]
      // Tools that the provider defines and the client runs.
      const name = CLIENT_TOOLS[String(item.type)]
      if (name === undefined || (name === 'tool_search' && item.execution !== 'client')) return []
      return [{ name, input: parsed(item.action ?? item.operation ?? item.arguments) }]
    })
    const isIncomplete = body.status === 'incomplete'
    const reason = field(body.incomplete_details, 'reason')
    const cut: Stop = reason === 'content_filter' ? 'filter' : 'length'
    const isRefused = parts.some(({ type, refusal }) => type === 'refusal' && refusal !== '')
    const whole: Stop = calls.length > 0 ? 'calls' : isRefused ? 'filter' : 'stop'
    return {
      text: parts.map(({ text, refusal }) => String(text ?? refusal ?? '')).join(''),
      calls,
      stop: isIncomplete ? cut : whole,
      usage: { input: numberOf(usage.input_tokens), output: numberOf(usage.output_tokens) },
      isError: body.status === 'failed',
    }
  },
}

export const GEMINI: Reader = {
  stream(frames) {
    const calls: Meaning['calls'][number][] = []
    let text = ''
    let reason: unknown
    let usage: JsonObject = {}
    let isError = false
    let isBlocked = false
    for (const { data } of frames) {
      if (!isObject(data)) continue
      if (isObject(data.error)) isError = true
      if (isObject(data.usageMetadata)) usage = { ...usage, ...data.usageMetadata }
      if (isObject(data.promptFeedback) && data.promptFeedback.blockReason) isBlocked = true
      for (const candidate of objectsIn(data.candidates)) {
        if ((candidate.index ?? 0) !== 0) continue
        for (const part of objectsIn(field(candidate.content, 'parts'))) {
          if (typeof part.text === 'string' && part.thought !== true) text += part.text
          if (isObject(part.functionCall)) callPart(part.functionCall, calls)
        }
        if (candidate.finishReason !== undefined && candidate.finishReason !== null) reason = candidate.finishReason
      }
    }
    const output = numberOf(usage.candidatesTokenCount)
    const thoughts = numberOf(usage.thoughtsTokenCount)
    return {
      text,
      calls,
      stop: isBlocked ? 'filter' : geminiStop(reason, calls.length > 0),
      usage: {
        input: sumOf(usage.promptTokenCount, usage.toolUsePromptTokenCount),
        output: output === undefined && thoughts === undefined ? undefined : (output ?? 0) + (thoughts ?? 0),
      },
      // Gemini has no end mark but the reason to finish.
      isError: isError || (reason === undefined && !isBlocked),
    }
  },
  whole: body => ({ ...GEMINI.stream([{ event: undefined, data: body }]), isError: false }),
}

const CLIENT_TOOLS: Readonly<Record<string, string>> = {
  apply_patch_call: 'apply_patch',
  computer_call: 'computer',
  local_shell_call: 'shell',
  shell_call: 'shell',
  tool_search_call: 'tool_search',
}

/** Deltas of what counts here: text and calls. */
const TELLING = new Set([
  'response.output_text.delta',
  'response.refusal.delta',
  'response.function_call_arguments.delta',
  'response.custom_tool_call_input.delta',
])

/** An item whose end never came, with what its deltas said. */
function filled(item: JsonObject, text: string): JsonObject {
  if (item.type === 'message') return { ...item, content: [{ type: 'output_text', text }] }
  if (item.type === 'function_call') return { ...item, arguments: text || item.arguments }
  return item.type === 'custom_tool_call' ? { ...item, input: text || item.input } : item
}

/** A call may come in pieces: the first names it, the others go on. */
function callPart(call: JsonObject, calls: { name: unknown; input: unknown }[]): void {
  if (typeof call.name === 'string' && call.name !== '') calls.push({ name: call.name, input: call.args ?? {} })
}

function geminiStop(reason: unknown, hasCalls: boolean): Stop {
  if (reason === undefined) return 'none'
  if (reason === 'MAX_TOKENS' || reason === 2) return 'length'
  if (GEMINI_FILTERS.has(String(reason))) return 'filter'
  return hasCalls ? 'calls' : 'stop'
}

function meant({ text, calls, stop, usage, error }: Said, stops: Readonly<Record<string, Stop>>): Meaning {
  return { text, calls, stop: stopOf(stop, stops, calls.length > 0), usage, isError: error !== undefined }
}

function stopOf(word: unknown, stops: Readonly<Record<string, Stop>>, hasCalls: boolean): Stop {
  if (typeof word !== 'string') return 'none'
  if (Object.hasOwn(stops, word)) return stops[word]!
  return hasCalls ? 'calls' : 'stop'
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  return objectsIn(content)
    .map(part => (typeof part.text === 'string' ? part.text : ''))
    .join('')
}

/** Free text as it goes where only objects do. */
function custom(input: unknown): unknown {
  return { input }
}

function field(value: unknown, key: string): unknown {
  return isObject(value) ? value[key] : undefined
}

function parsed(text: unknown): unknown {
  if (text === undefined || text === null || text === '') return {}
  try {
    return typeof text === 'string' ? JSON.parse(text) : text
  } catch {
    return text
  }
}

function objectsIn(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

/** Undefined where neither is said. */
function sumOf(one: unknown, other: unknown): number | undefined {
  const [a, b] = [numberOf(one), numberOf(other)]
  return a === undefined && b === undefined ? undefined : (a ?? 0) + (b ?? 0)
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
