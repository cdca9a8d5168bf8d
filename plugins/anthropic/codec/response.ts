import {
  Fields,
  type JsonObject,
  type NeutralResponse,
  type ResponseContext,
  restore,
  type Stop,
  type StopReason,
} from 'lunaroute/neutral'
import { DIALECT } from './name.ts'
import { readBlock } from './read-blocks.ts'
import { readUsage, writeUsage } from './usage.ts'
import { BlockWriter } from './write-blocks.ts'

const REASONS: Readonly<Record<string, StopReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stopSequence',
  max_tokens: 'length',
  model_context_window_exceeded: 'contextFull',
  tool_use: 'toolCalls',
  refusal: 'refusal',
  pause_turn: 'pause',
  compaction: 'compaction',
}

const WORDS: Readonly<Record<StopReason, string>> = {
  stop: 'end_turn',
  stopSequence: 'stop_sequence',
  length: 'max_tokens',
  contextFull: 'model_context_window_exceeded',
  toolCalls: 'tool_use',
  filter: 'refusal',
  refusal: 'refusal',
  pause: 'pause_turn',
  compaction: 'compaction',
  error: 'end_turn',
  other: 'end_turn',
}

const DEFAULTS = {
  type: 'message',
  role: 'assistant',
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: { input_tokens: 0, output_tokens: 0 },
}

/** Reads a message. */
export function readResponse(body: JsonObject): NeutralResponse {
  const f = new Fields(body)
  f.constant('type', 'message')
  f.constant('role', 'assistant')
  f.optional('type', 'role', 'content', 'stop_reason', 'stop_sequence', 'usage')
  const content = f.list('content')?.map(value => readBlock(value, undefined)) ?? []
  const usage = f.object('usage')
  const hasCalls = content.some(block => block.type === 'toolCall')
  const stop = readStop(f.string('stop_reason'), f, hasCalls)
  return {
    dialect: DIALECT,
    id: f.string('id'),
    model: f.string('model'),
    choices: [{ index: 0, content, stop }],
    usage: usage && readUsage(usage),
    extra: f.extra(DIALECT),
  }
}

/** Writes a message. */
export function writeResponse(response: NeutralResponse, context: ResponseContext): JsonObject {
  const isOwn = response.dialect === DIALECT
  const [choice] = response.choices
  const content = new BlockWriter(context.diagnostics, isOwn, 'client').blocks(choice?.content ?? [])
  const written: JsonObject = {
    id: isOwn ? response.id : context.id('msg_'),
    content: content.length === 0 ? undefined : content,
    model: isOwn ? response.model : context.model,
    ...writeStop(choice?.stop, isOwn),
    usage: response.usage || !isOwn ? writeUsage(response.usage ?? {}, isOwn) : undefined,
  }
  return restore(written, response.extra, DIALECT, DEFAULTS)
}

/**
 * Reads the fields that tell why the model stopped, of a message or of a `message_delta`. Calls for the client make it
 * `toolCalls` and none do not, whatever the server says.
 */
export function readStop(native: string | undefined, f: Fields, hasCalls: boolean): Stop | undefined {
  if (native === undefined) return undefined
  const message = f.nested('stop_details')?.string('explanation')
  const said = Object.hasOwn(REASONS, native) ? REASONS[native]! : 'other'
  const isCalls = hasCalls && said === 'stop'
  const reason = isCalls ? 'toolCalls' : said === 'toolCalls' && !hasCalls ? 'stop' : said
  return { reason, native, sequence: f.string('stop_sequence'), message }
}

/** Writes them. */
export function writeStop(stop: Stop | undefined, isOwn: boolean): JsonObject {
  if (!stop) return {}
  const word = isOwn ? (stop.native ?? WORDS[stop.reason]) : WORDS[stop.reason]
  const details =
    stop.message === undefined || word !== 'refusal'
      ? undefined
      : { type: 'refusal', explanation: stop.message, ...(!isOwn && { category: null }) }
  return { stop_reason: word, stop_sequence: stop.sequence, stop_details: details }
}
