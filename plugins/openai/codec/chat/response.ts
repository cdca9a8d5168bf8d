import {
  type Block,
  type Choice,
  Fields,
  isObject,
  type JsonObject,
  type NeutralResponse,
  type ResponseContext,
  restore,
  type Stop,
  type StopReason,
} from 'lunaroute/neutral'
import { readLogprobs, writeLogprobs } from './logprobs.ts'
import { DIALECT } from './name.ts'
import { readAssistant } from './read-messages.ts'
import { visibleText, writeDetail } from './reasoning.ts'
import { readUsage, writeUsage } from './usage.ts'
import { ownReasoning, writeAssistant } from './write-messages.ts'

const REASONS: Readonly<Record<string, StopReason>> = {
  stop: 'stop',
  eos: 'stop',
  length: 'length',
  tool_calls: 'toolCalls',
  function_call: 'toolCalls',
  content_filter: 'filter',
}

const WORDS: Readonly<Record<StopReason, string>> = {
  stop: 'stop',
  stopSequence: 'stop',
  length: 'length',
  contextFull: 'length',
  toolCalls: 'tool_calls',
  filter: 'content_filter',
  refusal: 'content_filter',
  pause: 'stop',
  compaction: 'stop',
  error: 'stop',
  other: 'stop',
}

const DEFAULTS = { object: 'chat.completion', choices: [] }
const CHOICE_DEFAULTS = {
  'message.role': 'assistant',
  'message.content': null,
  'message.refusal': null,
  finish_reason: null,
  logprobs: null,
}

/** Reads a chat completion. */
export function readResponse(body: JsonObject): NeutralResponse {
  const f = new Fields(body)
  f.constant('object', DEFAULTS.object)
  f.optional(...Object.keys(DEFAULTS))
  const choices = f.list('choices')?.map(readChoice)
  const areChoices = choices?.every(choice => choice !== undefined)
  if (!areChoices) f.leave('choices')
  const usage = f.object('usage')
  return {
    dialect: DIALECT,
    id: f.string('id'),
    model: f.string('model'),
    createdAt: f.number('created'),
    choices: areChoices ? choices : [],
    usage: usage && readUsage(usage),
    serviceTier: f.string('service_tier'),
    extra: f.extra(DIALECT),
  }
}

/** Writes a chat completion. */
export function writeResponse(response: NeutralResponse, context: ResponseContext): JsonObject {
  const isOwn = response.dialect === DIALECT
  const choices = response.choices.map(choice => writeChoice(choice, isOwn, context))
  const written: JsonObject = {
    id: isOwn ? response.id : context.id('chatcmpl-'),
    created: response.createdAt ?? (isOwn ? undefined : context.now()),
    model: isOwn ? response.model : context.model,
    choices: choices.length === 0 ? undefined : choices,
    usage: response.usage && writeUsage(response.usage),
    service_tier: isOwn ? response.serviceTier : undefined,
  }
  return restore(written, response.extra, DIALECT, DEFAULTS)
}

/** Reads a `finish_reason`. Calls for the client make it `toolCalls`, whatever the server says. */
export function readStop(native: string, blocks: readonly Block[]): Stop {
  return stopFor(
    native,
    blocks.some(block => block.type === 'toolCall'),
    blocks.some(isRefusal),
  )
}

/** The same for an answer in pieces. Without a word for it, as after a bare `[DONE]`, what was said decides. */
export function stopFor(native: string | undefined, hasCalls: boolean, hasRefusal: boolean): Stop {
  const said = native === undefined ? 'stop' : Object.hasOwn(REASONS, native) ? REASONS[native]! : 'other'
  if (said === 'other' && hasCalls) return { reason: 'toolCalls', native }
  if (said !== 'stop' && (said !== 'toolCalls' || hasCalls)) return { reason: said, native }
  return { reason: hasCalls ? 'toolCalls' : hasRefusal ? 'refusal' : 'stop', native }
}

/** Writes a foreign `finish_reason`. A refusal that is said in words ends like any other answer. */
export function writeStop({ reason }: Stop, hasRefusal: boolean): string {
  return reason === 'refusal' && hasRefusal ? 'stop' : WORDS[reason]
}

function readChoice(value: unknown, position: number): Choice | undefined {
  if (!isObject(value)) return undefined
  const f = new Fields(value)
  const m = f.nested('message')
  if (!m) return undefined
  m.constant('role', 'assistant')
  m.optional('role', 'refusal')
  f.optional('index', 'finish_reason', 'logprobs')
  const blocks = readLogprobs(
    f,
    readAssistant(m, '', `function_call_${position}`).map(({ at: _, ...block }) => block as Block),
  )
  const finish = f.string('finish_reason')
  return {
    index: f.number('index') ?? position,
    content: blocks,
    stop: finish === undefined ? undefined : readStop(finish, blocks),
    extra: f.extra(DIALECT),
  }
}

function writeChoice(choice: Choice, isOwn: boolean, context: ResponseContext): JsonObject {
  const { index, content, stop, extra } = choice
  const reasoning = isOwn ? ownReasoning(content, extra) : shownReasoning(content)
  const said = isOwn ? content : sayable(content, context)
  const message = writeAssistant(said, extra, reasoning, { diagnostics: context.diagnostics, isOwn })
  const written: JsonObject = {
    message,
    finish_reason: isOwn ? (stop?.native ?? (stop && WORDS[stop.reason])) : foreignStop(choice),
    logprobs: writeLogprobs(content, isOwn),
  }
  return restore(written, extra, DIALECT, { ...CHOICE_DEFAULTS, index })
}

function foreignStop({ stop, content }: Choice): string {
  return stop ? writeStop(stop, content.some(isRefusal)) : 'stop'
}

/** Some servers say an empty refusal with every answer. */
function isRefusal(block: Block): boolean {
  return block.type === 'refusal' && block.text !== ''
}

/** Without what no answer of Chat's can hold: its content is one text. */
function sayable(blocks: readonly Block[], { diagnostics, id, now }: ResponseContext): readonly Block[] {
  return blocks.flatMap((block): readonly Block[] => {
    if (block.type === 'audio') {
      const { transcript = '', expiresAt = now() } = block
      return [{ ...block, id: block.id ?? id('audio_'), transcript, expiresAt }]
    }
    if (SAYABLE.has(block.type)) return [block]
    diagnostics.dropped(block.at ?? 'messages', `chat has no part for this ${block.type}`)
    return []
  })
}

const SAYABLE: ReadonlySet<Block['type']> = new Set(['text', 'refusal', 'reasoning', 'toolCall'])

/** Foreign reasoning for a Chat client to show, and in `reasoning_details` to send back with its state. */
function shownReasoning(blocks: readonly Block[]): JsonObject {
  const reasoning = blocks.filter(block => block.type === 'reasoning')
  const text = visibleText(reasoning)
  const hasState = reasoning.some(block => block.state)
  return {
    reasoning_content: text === '' ? undefined : text,
    reasoning_details: hasState ? reasoning.flatMap(writeDetail) : undefined,
  }
}
