import {
  Fields,
  type JsonObject,
  type NeutralRequest,
  present,
  type RequestContext,
  restore,
  type WireRequest,
} from 'lunaroute/neutral'
import { reportBlocks, reportState } from '../shared/losses.ts'
import { withoutToolless } from '../shared/tool-choice.ts'
import { DIALECT } from './name.ts'
import { readCache, readContextEdits, readOutput, readReasoningOptions, readState, readStream } from './options.ts'
import { readInput } from './read-input.ts'
import { readToolChoice } from './tool-choice.ts'
import { readToolList } from './tools.ts'
import { writeInput } from './write-input.ts'
import { TIERS, writeOptions } from './write-options.ts'

/** Native paths of the parameters, for diagnostics. */
export const parameters: Readonly<Record<string, string>> = {
  model: 'model',
  messages: 'input',
  maxOutputTokens: 'max_output_tokens',
  'sampling.temperature': 'temperature',
  'sampling.topP': 'top_p',
  logprobs: 'top_logprobs',
  toolChoice: 'tool_choice',
  isParallelToolUse: 'parallel_tool_calls',
  reasoning: 'reasoning',
  'reasoning.effort': 'reasoning.effort',
  'reasoning.summary': 'reasoning.summary',
  'reasoning.isVisible': 'reasoning.summary',
  'output.format': 'text.format',
  'output.format.description': 'text.format.description',
  'output.verbosity': 'text.verbosity',
  'cache.key': 'prompt_cache_key',
  'cache.retention': 'prompt_cache_retention',
  'cache.mode': 'prompt_cache_options.mode',
  'state.previousResponseId': 'previous_response_id',
  'state.conversationId': 'conversation',
  'state.prompt': 'prompt',
  'state.isStored': 'store',
  'state.isBackground': 'background',
  contextEdits: 'context_management',
  metadata: 'metadata',
  moderation: 'moderation',
  'user.id': 'user',
  'user.safetyIdentifier': 'safety_identifier',
  serviceTier: 'service_tier',
  stream: 'stream',
  '*.isStrict': 'strict',
  '*.resultSchema': 'output_schema',
  '*.cacheMark': 'prompt_cache_breakpoint',
  '*.state': 'encrypted_content',
  '*.contextSize': 'search_context_size',
  '*.allowedDomains': 'filters.allowed_domains',
  '*.location': 'user_location',
}

/** What a count of tokens takes of a request. */
const COUNTED = new Set([
  'model',
  'input',
  'instructions',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'reasoning',
  'text',
  'previous_response_id',
  'conversation',
  'truncation',
])

/** Reads a Responses request, of a generation or of a count. */
export function readRequest({ body, model }: WireRequest): NeutralRequest {
  const f = new Fields(body)
  f.optional('input')
  const top = f.number('top_logprobs')
  const tools = f.list('tools')
  const include = f.peek('include')
  const hasLogprobs = Array.isArray(include) && include.includes('message.output_text.logprobs')
  return {
    dialect: DIALECT,
    model: f.string('model') ?? model,
    messages: readInput(f),
    tools: tools && readToolList(tools, 'tools'),
    toolChoice: readToolChoice(f),
    isParallelToolUse: f.boolean('parallel_tool_calls'),
    reasoning: readReasoningOptions(f),
    output: readOutput(f),
    sampling: present({ temperature: f.number('temperature'), topP: f.number('top_p') }),
    maxOutputTokens: f.number('max_output_tokens'),
    logprobs: top !== undefined || hasLogprobs ? { top } : undefined,
    cache: readCache(f),
    state: readState(f),
    contextEdits: readContextEdits(f),
    metadata: f.object('metadata'),
    moderation: f.object('moderation'),
    user: present({ id: f.string('user'), safetyIdentifier: f.string('safety_identifier') }),
    serviceTier: f.string('service_tier'),
    stream: readStream(f),
    extra: f.extra(DIALECT),
  }
}

/** Writes a Responses request. */
export function writeRequest(request: NeutralRequest, context: RequestContext): WireRequest {
  const { diagnostics, profile, operation } = context
  const isOwn = request.dialect === DIALECT
  if (!isOwn) reportLosses(request, context)
  const model = context.model ?? request.model
  const writing = { diagnostics, profile, isOwn }
  const written: JsonObject = { model, ...writeInput(request, writing), ...writeOptions(request, writing) }
  const defaults = { input: [], ...(!isOwn && { store: false }) }
  const fitting = isOwn ? written : withoutToolless(written, ['tools'], diagnostics)
  const body = restore(fitting, request.extra, DIALECT, defaults)
  const isCount = operation === 'count-tokens'
  return {
    body: isCount && !isOwn ? Object.fromEntries(Object.entries(body).filter(([key]) => COUNTED.has(key))) : body,
    model,
    isStream: request.stream?.isStream ?? false,
    operation,
  }
}

function reportLosses(request: NeutralRequest, { diagnostics }: RequestContext): void {
  reportBlocks(request, 'responses', diagnostics)
  for (const { name, at = 'messages', content } of request.messages) {
    if (name !== undefined) diagnostics.dropped(`${at}.name`, 'responses has no speaker names')
    for (const { cacheMark, at = 'messages' } of content) {
      if (cacheMark?.ttl) diagnostics.changed(`${at}.cacheMark`, 'responses has one lifetime of its own')
    }
  }
  const { sampling, cache, output } = request
  const losses: Readonly<Record<string, unknown>> = {
    'sampling.topK': sampling?.topK,
    'sampling.frequencyPenalty': sampling?.frequencyPenalty,
    'sampling.presencePenalty': sampling?.presencePenalty,
    'sampling.seed': sampling?.seed,
    'sampling.logitBias': sampling?.logitBias,
    stop: request.stop,
    'cache.auto': cache?.auto,
    'output.modalities': output?.modalities?.some(kind => kind !== 'text') ? output.modalities : undefined,
    'output.audio': output?.audio,
  }
  for (const [path, value] of Object.entries(losses)) {
    if (value !== undefined) diagnostics.dropped(path, 'responses has no such parameter')
  }
  if (request.answers !== undefined && request.answers > 1) diagnostics.refused('answers', 'responses gives one answer')
  if (request.serviceTier !== undefined && !TIERS.has(request.serviceTier)) {
    diagnostics.dropped('serviceTier', 'responses does not know this tier')
  }
  reportState(request, diagnostics)
}
