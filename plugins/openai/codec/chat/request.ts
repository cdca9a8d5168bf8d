import {
  Fields,
  type JsonObject,
  type NeutralRequest,
  present,
  type RequestContext,
  restore,
  type Sampling,
  shapeOf,
  type WireRequest,
} from 'lunaroute/neutral'
import { reportBlocks, reportState } from '../shared/losses.ts'
import { withoutToolless } from '../shared/tool-choice.ts'
import { DIALECT } from './name.ts'
import {
  readCache,
  readOutput,
  readReasoningOptions,
  readStream,
  writeOutput,
  writeReasoningOptions,
  writeStream,
} from './options.ts'
import { readMessages } from './read-messages.ts'
import { readToolChoice, writeToolChoice } from './tool-choice.ts'
import { readTools, writeTools } from './tools.ts'
import { writeMessages } from './write-messages.ts'

/** Native paths of the parameters, for diagnostics. */
export const parameters: Readonly<Record<string, string>> = {
  model: 'model',
  maxOutputTokens: 'max_completion_tokens',
  'sampling.temperature': 'temperature',
  'sampling.topP': 'top_p',
  'sampling.topK': 'top_k',
  'sampling.frequencyPenalty': 'frequency_penalty',
  'sampling.presencePenalty': 'presence_penalty',
  'sampling.seed': 'seed',
  'sampling.logitBias': 'logit_bias',
  stop: 'stop',
  answers: 'n',
  logprobs: 'logprobs',
  toolChoice: 'tool_choice',
  isParallelToolUse: 'parallel_tool_calls',
  reasoning: 'reasoning_effort',
  'reasoning.effort': 'reasoning_effort',
  'reasoning.mode': 'reasoning.enabled',
  'reasoning.budgetTokens': 'reasoning.max_tokens',
  'reasoning.isVisible': 'reasoning.exclude',
  'output.format': 'response_format',
  'output.format.description': 'response_format.json_schema.description',
  'output.modalities': 'modalities',
  'output.audio': 'audio',
  'output.verbosity': 'verbosity',
  'cache.key': 'prompt_cache_key',
  'cache.retention': 'prompt_cache_retention',
  'cache.mode': 'prompt_cache_options.mode',
  'state.isStored': 'store',
  metadata: 'metadata',
  moderation: 'moderation',
  'user.id': 'user',
  'user.safetyIdentifier': 'safety_identifier',
  serviceTier: 'service_tier',
  stream: 'stream',
  'tools[].name': 'function.name',
  'tools[].parameters': 'function.parameters',
  'tools[].isStrict': 'function.strict',
  '*.cacheMark': 'prompt_cache_breakpoint',
  'tool_calls[].state': 'extra_content',
  'reasoning_details[].state': 'signature',
  '*.detail': 'image_url.detail',
  '*.filename': 'file.filename',
  '*.contextSize': 'search_context_size',
  '*.location': 'user_location',
}

/** Reads a Chat Completions request. */
export function readRequest({ body, model }: WireRequest): NeutralRequest {
  const f = new Fields(body)
  const stop = f.string('stop')
  if (stop !== undefined) f.shape('stop', 'string')
  const logprobs = f.boolean('logprobs')
  if (logprobs !== true) f.leave('logprobs')
  f.optional('messages')
  return {
    dialect: DIALECT,
    model: f.string('model') ?? model,
    messages: readMessages(f.list('messages') ?? []),
    tools: readTools(f),
    toolChoice: readToolChoice(f),
    isParallelToolUse: f.boolean('parallel_tool_calls'),
    reasoning: readReasoningOptions(f),
    output: readOutput(f),
    sampling: readSampling(f),
    maxOutputTokens: f.number('max_completion_tokens', 'max_tokens'),
    stop: stop === undefined ? f.strings('stop') : [stop],
    answers: f.number('n'),
    logprobs: logprobs === true ? { top: f.number('top_logprobs') } : undefined,
    cache: readCache(f),
    state: present({ isStored: f.boolean('store') }),
    metadata: f.object('metadata'),
    moderation: f.object('moderation'),
    user: present({ id: f.string('user'), safetyIdentifier: f.string('safety_identifier') }),
    serviceTier: f.string('service_tier'),
    stream: readStream(f),
    extra: f.extra(DIALECT),
  }
}

/** Writes a Chat Completions request. */
export function writeRequest(request: NeutralRequest, context: RequestContext): WireRequest {
  const { profile, diagnostics } = context
  const isOwn = request.dialect === DIALECT
  if (!isOwn) reportLosses(request, context)
  const { sampling, cache, user, stop } = request
  const model = context.model ?? request.model
  const isBareStop = shapeOf(request.extra, DIALECT, 'stop') === 'string' && stop?.length === 1
  const maxTokens = isOwn ? 'max_completion_tokens' : (profile.maxTokensField ?? 'max_completion_tokens')
  const messages = writeMessages(request, context)
  const written: JsonObject = {
    model,
    messages: messages.length === 0 ? undefined : messages,
    ...writeTools(request.tools, diagnostics),
    ...writeToolChoice(request.toolChoice, diagnostics),
    parallel_tool_calls: request.isParallelToolUse,
    ...writeReasoningOptions(request.reasoning),
    ...writeOutput(request.output),
    temperature: sampling?.temperature,
    top_p: sampling?.topP,
    top_k: isOwn ? sampling?.topK : undefined,
    frequency_penalty: sampling?.frequencyPenalty,
    presence_penalty: sampling?.presencePenalty,
    seed: sampling?.seed,
    logit_bias: sampling?.logitBias,
    [maxTokens]: request.maxOutputTokens,
    stop: isBareStop ? stop[0] : stop,
    n: request.answers,
    logprobs: request.logprobs && true,
    top_logprobs: request.logprobs?.top,
    prompt_cache_key: cache?.key,
    prompt_cache_retention: cache?.retention,
    prompt_cache_options: cache?.mode === undefined ? undefined : { mode: cache.mode },
    store: request.state?.isStored,
    metadata: request.metadata,
    moderation: request.moderation,
    user: user?.id,
    safety_identifier: user?.safetyIdentifier,
    service_tier: isOwn || request.dialect === 'openai-responses' ? request.serviceTier : undefined,
    ...writeStream(request, profile.hasStreamUsage !== false),
  }
  const fitting = isOwn ? written : withoutToolless(written, ['tools', 'functions'], diagnostics)
  const body = restore(fitting, request.extra, DIALECT, { messages: [] })
  return { body, model, isStream: request.stream?.isStream ?? false, operation: context.operation }
}

function readSampling(f: Fields): Sampling | undefined {
  return present({
    temperature: f.number('temperature'),
    topP: f.number('top_p'),
    topK: f.number('top_k'),
    frequencyPenalty: f.number('frequency_penalty'),
    presencePenalty: f.number('presence_penalty'),
    // Mistral calls it random_seed.
    seed: f.number('seed', 'random_seed'),
    logitBias: f.object('logit_bias'),
  })
}

function reportLosses(request: NeutralRequest, { diagnostics, profile }: RequestContext): void {
  reportBlocks(request, 'chat', diagnostics)
  const { sampling, cache } = request
  const isShown = profile.reasoning !== false && profile.reasoning?.field !== undefined
  const losses: Readonly<Record<string, unknown>> = {
    'sampling.topK': sampling?.topK,
    'cache.auto': cache?.auto,
    contextEdits: request.contextEdits,
    'reasoning.isVisible': isShown ? undefined : request.reasoning?.isVisible || undefined,
    serviceTier: request.dialect === 'openai-responses' ? undefined : request.serviceTier,
  }
  for (const [path, value] of Object.entries(losses)) {
    if (value !== undefined) diagnostics.dropped(path, 'chat has no such parameter')
  }
  reportState(request, diagnostics)
}
