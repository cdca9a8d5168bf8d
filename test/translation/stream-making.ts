import type { JsonObject } from 'lunaroute/neutral'
import { messagesCodec } from '../../plugins/anthropic/codec/index.ts'
import { chatCodec } from '../../plugins/openai/codec/chat/index.ts'
import { decode, encode, frameOf, lenientContext, type PlainFrame } from './stream-corpus.ts'

/** What every chunk repeats. */
export const HEAD = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt' }
/** Ends an answer. */
export const STOP = chunk({}, 'stop')
/** Ends an answer with calls. */
export const CALLS = chunk({}, 'tool_calls')
/** Begins a message. */
export const START = {
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 5, cache_read_input_tokens: 0, output_tokens: 1 },
  },
}
/** Ends it. */
export const END = [
  { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 9 } },
  { type: 'message_stop' },
]

/** A Chat chunk with one delta. */
export function chunk(delta: object, finish_reason: string | null = null, index = 0): JsonObject {
  return { ...HEAD, choices: [{ index, delta, finish_reason }] }
}

/** A Chat chunk with a piece of a tool call. */
export function call(
  index: number | undefined,
  { id, name, args }: { readonly id?: string; readonly name?: string; readonly args?: unknown },
): JsonObject {
  return chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: args } }] })
}

/** Frames with this data. */
export function frames(...chunks: readonly (JsonObject | string)[]) {
  return chunks.map(data => frameOf(data))
}

/** Frames of these Messages events. */
export function named(...events: readonly JsonObject[]) {
  return events.map(event => frameOf(event, String(event.type)))
}

/** What was written, as it is read by the next. */
export function framesOf(written: readonly PlainFrame[]) {
  return written.map(({ event, data }) => frameOf(data as JsonObject, event))
}

/** Chat chunks as a Messages stream. */
export function toMessages(...chunks: readonly (JsonObject | string)[]): readonly PlainFrame[] {
  return encode(messagesCodec, decode(chatCodec, frames(...chunks)), lenientContext(7))
}

/** Messages events as a Chat stream. */
export function toChat(...events: readonly JsonObject[]): readonly PlainFrame[] {
  return encode(chatCodec, decode(messagesCodec, named(...events)), lenientContext(7))
}

/** The deltas of a Messages stream. */
export function deltasIn(written: readonly PlainFrame[]): readonly JsonObject[] {
  return written.flatMap(({ data }) =>
    (data as JsonObject).type === 'content_block_delta' ? [(data as { delta: JsonObject }).delta] : [],
  )
}

/** The choices of all chunks. */
export function chunksOf(written: readonly PlainFrame[]): readonly JsonObject[] {
  return written.flatMap(({ data }) =>
    typeof data === 'object' ? (((data as JsonObject).choices as JsonObject[]) ?? []) : [],
  )
}
