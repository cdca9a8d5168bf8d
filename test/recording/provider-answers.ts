// Reads recorded answers by the types of the providers' own SDKs, and by nothing of ours: what a record must say.
import type Anthropic from '@anthropic-ai/sdk'
import type { GenerateContentResponse, PartialArg } from '@google/genai'
import type OpenAI from 'openai'
import { chat, joinChat, joinResponses, responses } from './openai-answers.ts'
import { joined, json, type Said } from './said.ts'

export type Api = 'openai-chat' | 'openai-responses' | 'anthropic-messages' | 'gemini'

/** An answer in one body, or as the data of its events. */
export function said(api: Api, body: unknown, events: readonly unknown[] | undefined): Said {
  switch (api) {
    case 'openai-chat':
      return chat(events ? joinChat(events as OpenAI.ChatCompletionChunk[]) : (body as OpenAI.ChatCompletion))
    case 'openai-responses':
      return responses(
        events ? joinResponses(events as OpenAI.Responses.ResponseStreamEvent[]) : (body as OpenAI.Responses.Response),
      )
    case 'anthropic-messages':
      return messages(events ? joinMessages(events as Anthropic.RawMessageStreamEvent[]) : (body as Anthropic.Message))
    case 'gemini':
      return gemini((events ?? [body]) as GenerateContentResponse[])
  }
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
