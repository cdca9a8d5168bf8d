// Reads recorded answers by the types of the providers' own SDKs, and by nothing of ours: what a record must say.
import type Anthropic from '@anthropic-ai/sdk'
import type { GenerateContentResponse, PartialArg } from '@google/genai'
import type OpenAI from 'openai'

/** What an answer says, in terms that all APIs share. Undefined where the provider did not tell. */
export interface Said {
  readonly text: string
  readonly calls: readonly { readonly name: string; readonly input: unknown; readonly id: string | undefined }[]
  readonly stop: string | undefined
  readonly input: number | undefined
  readonly output: number | undefined
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly reasoning: number
}

export type Api = 'openai-chat' | 'openai-responses' | 'anthropic-messages' | 'gemini'

/** An answer in one body, or as the data of its events. */
export function said(api: Api, body: unknown, events: readonly unknown[] | undefined): Said {
  switch (api) {
    case 'openai-chat':
      return chat(events ? joinChat(events as Chunk[]) : (body as OpenAI.ChatCompletion))
    case 'openai-responses':
      return responses(events ? joinResponses(events as OpenAI.Responses.ResponseStreamEvent[]) : (body as Response))
    case 'anthropic-messages':
      return messages(events ? joinMessages(events as Anthropic.RawMessageStreamEvent[]) : (body as Anthropic.Message))
    case 'gemini':
      return gemini((events ?? [body]) as GenerateContentResponse[])
  }
}

type Chunk = OpenAI.ChatCompletionChunk
type Response = OpenAI.Responses.Response
type ChatMessage = OpenAI.ChatCompletionMessage

function chat(answer: OpenAI.ChatCompletion): Said {
  const choices = answer.choices ?? []
  const usage = answer.usage
  const reasoning = usage?.completion_tokens_details?.reasoning_tokens ?? 0
  const completion = usage?.completion_tokens ?? undefined
  // xAI counts reasoning beside the completion, as its total shows.
  const isBeside = usage?.total_tokens === (usage?.prompt_tokens ?? 0) + (completion ?? 0) + reasoning
  const output = completion === undefined ? undefined : isBeside ? completion + reasoning : completion
  return {
    text: joined(
      choices.map(
        ({ message }) => contentText(message?.content) || message?.refusal || message?.audio?.transcript || '',
      ),
    ),
    calls: choices.flatMap(({ message }) => callsOf(message)),
    stop: choices.find(each => each.finish_reason)?.finish_reason ?? undefined,
    input: usage?.prompt_tokens ?? undefined,
    output,
    // A part is never more than the whole, whatever the server says.
    cacheRead: Math.min(usage?.prompt_tokens_details?.cached_tokens ?? 0, usage?.prompt_tokens ?? 0),
    cacheWrite: 0,
    reasoning: Math.min(reasoning, output ?? 0),
  }
}

/** A string by its type; a list of parts at some compatible servers. */
function contentText(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return (content as { type?: string; text?: string }[])
    .flatMap(each => (each.type === 'text' ? [each.text ?? ''] : []))
    .join('')
}

function callsOf(message: ChatMessage | undefined): Said['calls'] {
  const calls = (message?.tool_calls ?? []).map(call =>
    call.type === 'custom'
      ? { name: call.custom.name, input: call.custom.input, id: call.id }
      : { name: call.function.name, input: json(call.function.arguments), id: call.id },
  )
  const old = message?.function_call
  return old?.name ? [...calls, { name: old.name, input: json(old.arguments), id: undefined }] : calls
}

interface Building {
  content: string
  refusal: string
  transcript: string
  finish: string | null
  calls: Map<string, { id: string | undefined; type: string; name: string; input: string }>
}

function joinChat(chunks: readonly Chunk[]): OpenAI.ChatCompletion {
  const choices = new Map<number, Building>()
  let usage: OpenAI.CompletionUsage | undefined
  for (const chunk of chunks) {
    if (chunk.usage) usage = chunk.usage
    for (const { index, delta, finish_reason } of chunk.choices ?? []) {
      const built: Building = choices.get(index) ?? {
        content: '',
        refusal: '',
        transcript: '',
        finish: null,
        calls: new Map(),
      }
      choices.set(index, built)
      built.content += contentText(delta?.content)
      built.refusal += delta?.refusal ?? ''
      built.transcript += (delta as { audio?: { transcript?: string } } | undefined)?.audio?.transcript ?? ''
      built.finish = finish_reason ?? built.finish
      for (const piece of delta?.tool_calls ?? []) addCall(built, piece)
      if (delta?.function_call) {
        const { name, arguments: input } = delta.function_call
        const call = built.calls.get('old') ?? { id: undefined, type: 'old', name: '', input: '' }
        built.calls.set('old', { ...call, name: call.name + (name ?? ''), input: call.input + (input ?? '') })
      }
    }
  }
  const joinedChoices = [...choices]
    .sort(([a], [b]) => a - b)
    .map(([index, built]) => {
      const calls = [...built.calls.values()]
      const old = calls.find(each => each.type === 'old')
      return {
        index,
        finish_reason: built.finish,
        message: {
          content: built.content,
          refusal: built.refusal,
          audio: { transcript: built.transcript },
          tool_calls: calls
            .filter(each => each.type !== 'old')
            .map(({ id, name, input }) => ({ id, type: 'function', function: { name, arguments: input } })),
          ...(old && { function_call: { name: old.name, arguments: old.input } }),
        },
      }
    })
  return { choices: joinedChoices, usage } as unknown as OpenAI.ChatCompletion
}

function addCall(built: Building, piece: OpenAI.ChatCompletionChunk.Choice.Delta.ToolCall): void {
  // Servers that leave the index out send each call whole, or the one they began.
  const key = piece.index !== undefined ? `${piece.index}` : (piece.id ?? [...built.calls.keys()].at(-1) ?? '0')
  const call = built.calls.get(key) ?? { id: undefined, type: 'function', name: '', input: '' }
  built.calls.set(key, {
    ...call,
    id: piece.id || call.id,
    name: call.name || (piece.function?.name ?? ''),
    input: call.input + (piece.function?.arguments ?? ''),
  })
}

function responses(answer: Response): Said {
  const output = answer.output ?? []
  const parts = output.flatMap(item => (item.type === 'message' ? item.content : []))
  const texts = parts.flatMap(part => (part.type === 'output_text' ? [part.text] : []))
  const refusals = parts.flatMap(part => (part.type === 'refusal' ? [part.refusal] : []))
  const usage = answer.usage
  return {
    text: texts.join('') || refusals.join(''),
    calls: output.flatMap(item => {
      if (item.type === 'function_call') return [{ name: item.name, input: json(item.arguments), id: item.call_id }]
      if (item.type === 'custom_tool_call') return [{ name: item.name, input: json(item.input), id: item.call_id }]
      return ownCall(item)
    }),
    stop: answer.incomplete_details?.reason ?? answer.status,
    input: usage?.input_tokens,
    output: usage?.output_tokens,
    cacheRead: usage?.input_tokens_details?.cached_tokens ?? 0,
    cacheWrite: (usage?.input_tokens_details as { cache_write_tokens?: number } | undefined)?.cache_write_tokens ?? 0,
    reasoning: usage?.output_tokens_details?.reasoning_tokens ?? 0,
  }
}

/** Calls of tools that the API defines and the client runs. */
function ownCall(item: Response['output'][number]): Said['calls'] {
  switch (item.type) {
    case 'apply_patch_call':
      return [{ name: 'apply_patch', input: item.operation, id: item.call_id }]
    case 'shell_call':
    case 'local_shell_call':
      return [{ name: 'shell', input: item.action, id: item.call_id }]
    case 'computer_call':
      return [{ name: 'computer', input: item.action, id: item.call_id }]
    case 'tool_search_call':
      return item.execution === 'client'
        ? [{ name: 'tool_search', input: item.arguments, id: item.call_id ?? undefined }]
        : []
    default:
      return []
  }
}

function joinResponses(events: readonly OpenAI.Responses.ResponseStreamEvent[]): Response {
  let last: Response | undefined
  const items = new Map<number, Response['output'][number]>()
  for (const event of events) {
    if (event.type === 'response.output_item.added') items.set(event.output_index, { ...event.item })
    if (event.type === 'response.function_call_arguments.delta') {
      const call = items.get(event.output_index)
      if (call?.type === 'function_call') call.arguments += event.delta
    }
    if (event.type === 'response.output_item.done') items.set(event.output_index, event.item)
    if ('response' in event && typeof event.response === 'object') last = event.response as Response
    // Some recordings hold two answers, one after the other: the client has its own with the first.
    if (['response.completed', 'response.incomplete', 'response.failed'].includes(event.type)) break
  }
  // Some servers leave out of the last event what they sent item by item.
  const output = last && last.output?.length > 0 ? last.output : [...items.values()]
  return { ...(last as Response), output }
}

function messages(answer: Anthropic.Message): Said {
  const content = answer.content ?? []
  const usage = answer.usage
  const cacheRead = usage?.cache_read_input_tokens ?? 0
  const cacheWrite = usage?.cache_creation_input_tokens ?? 0
  const details = usage as { output_tokens_details?: { thinking_tokens?: number } } | undefined
  return {
    text: content.flatMap(block => (block.type === 'text' ? [block.text] : [])).join(''),
    calls: content.flatMap(block =>
      block.type === 'tool_use' ? [{ name: block.name, input: block.input, id: block.id }] : [],
    ),
    stop: answer.stop_reason ?? undefined,
    input: usage?.input_tokens == null ? undefined : usage.input_tokens + cacheRead + cacheWrite,
    output: usage?.output_tokens,
    cacheRead,
    cacheWrite,
    reasoning: details?.output_tokens_details?.thinking_tokens ?? 0,
  }
}

function joinMessages(events: readonly Anthropic.RawMessageStreamEvent[]): Anthropic.Message {
  let message = {} as Anthropic.Message
  const blocks = new Map<number, { block: Anthropic.ContentBlock; json: string }>()
  let isTold = false
  for (const event of events) {
    // What comes after the end of an answer is another one, in recordings that hold two.
    if (event.type === 'message_stop') break
    if (event.type === 'message_start') message = event.message
    else if (event.type === 'content_block_start')
      blocks.set(event.index, { block: { ...event.content_block }, json: '' })
    else if (event.type === 'content_block_delta') {
      const open = blocks.get(event.index)!
      if (event.delta.type === 'text_delta' && open.block.type === 'text') open.block.text += event.delta.text
      if (event.delta.type === 'input_json_delta') open.json += event.delta.partial_json
    } else if (event.type === 'message_delta') {
      isTold = true
      const told = Object.entries(event.usage ?? {}).filter(([, value]) => value !== null && value !== undefined)
      message = {
        ...message,
        stop_reason: event.delta.stop_reason,
        usage: { ...message.usage, ...Object.fromEntries(told) },
      }
    }
  }
  const content = [...blocks.values()].map(({ block, json: text }) =>
    block.type === 'tool_use' && text !== '' ? { ...block, input: json(text) } : block,
  )
  // At its beginning a stream tells of a token or two that it has not written yet.
  const usage = isTold ? message.usage : ({ ...message.usage, output_tokens: undefined } as unknown as Anthropic.Usage)
  return { ...message, usage, content: content as Anthropic.ContentBlock[] }
}

function gemini(pieces: readonly GenerateContentResponse[]): Said {
  const texts = new Map<number, string>()
  const calls: { name: string; input: unknown; id: string | undefined }[] = []
  let stop: string | undefined
  let usage: GenerateContentResponse['usageMetadata']
  for (const piece of pieces) {
    if (piece.usageMetadata) usage = { ...usage, ...piece.usageMetadata }
    for (const [i, candidate] of (piece.candidates ?? []).entries()) {
      const index = candidate.index ?? i
      if (candidate.finishReason !== undefined) stop = String(candidate.finishReason)
      const parts = candidate.content?.parts ?? []
      for (const part of Array.isArray(parts) ? parts : [parts as (typeof parts)[number]]) {
        if (part.text !== undefined && !part.thought) texts.set(index, (texts.get(index) ?? '') + part.text)
        const { functionCall: call } = part
        if (!call) continue
        // Arguments may come in pieces, each with its place; what goes on has no name.
        if (call.name !== undefined) calls.push({ name: call.name, input: call.args ?? {}, id: call.id })
        for (const piece of call.partialArgs ?? []) put(calls.at(-1)!.input as Tree, piece)
      }
    }
  }
  const output = (usage?.candidatesTokenCount ?? 0) + (usage?.thoughtsTokenCount ?? 0)
  return {
    text: joined([...texts].sort(([a], [b]) => a - b).map(([, text]) => text)),
    calls,
    stop,
    input:
      usage?.promptTokenCount === undefined ? undefined : usage.promptTokenCount + (usage.toolUsePromptTokenCount ?? 0),
    output: usage?.candidatesTokenCount === undefined && usage?.thoughtsTokenCount === undefined ? undefined : output,
    cacheRead: usage?.cachedContentTokenCount ?? 0,
    cacheWrite: 0,
    reasoning: usage?.thoughtsTokenCount ?? 0,
  }
}

type Tree = Record<string, unknown>

/** Puts a piece at its JSON path, `$.items[0].name`; text is added to the text that is there. */
function put(root: Tree, { jsonPath = '', stringValue, numberValue, boolValue, nullValue }: PartialArg): void {
  const steps = jsonPath.match(/[^.[\]$'"]+/g) ?? []
  let at = root
  for (const [i, step] of steps.slice(0, -1).entries()) {
    at[step] ??= /^\d+$/.test(steps[i + 1]!) ? [] : {}
    at = at[step] as Tree
  }
  const last = steps.at(-1)!
  if (stringValue !== undefined) at[last] = ((at[last] as string | undefined) ?? '') + stringValue
  else if (numberValue !== undefined || boolValue !== undefined) at[last] = numberValue ?? boolValue
  else if (nullValue !== undefined) at[last] = null
}

function joined(texts: readonly string[]): string {
  return texts.filter(each => each !== '').join('\n')
}

/** JSON text as its value; text that is none as it is. Nothing at all is an empty object. */
export function json(text: string | null | undefined): unknown {
  if (text === null || text === undefined || text === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
