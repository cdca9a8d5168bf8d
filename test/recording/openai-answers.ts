import type OpenAI from 'openai'
import { joined, json, type Said } from './said.ts'

type Chunk = OpenAI.ChatCompletionChunk
type Response = OpenAI.Responses.Response
type ChatMessage = OpenAI.ChatCompletionMessage

export function chat(answer: OpenAI.ChatCompletion): Said {
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

export function joinChat(chunks: readonly Chunk[]): OpenAI.ChatCompletion {
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

export function responses(answer: Response): Said {
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

export function joinResponses(events: readonly OpenAI.Responses.ResponseStreamEvent[]): Response {
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
