import {
  Fields,
  type JsonObject,
  type NeutralRequest,
  present,
  type RequestContext,
  restore,
  shapeOf,
  type WireRequest,
} from 'lunaroute/neutral'
import { readConfig, writeConfig } from './generation-config.ts'
import { DIALECT } from './name.ts'
import { readContents, readSystem } from './read-contents.ts'
import { readToolChoice, writeToolChoice } from './tool-choice.ts'
import { readTools, writeTools } from './tools.ts'
import { writeContents } from './write-contents.ts'

/** Where a request to count tokens may hold the request it is about. */
const COUNTED = 'generateContentRequest'

/** Native paths of the parameters, for diagnostics. */
export const parameters: Readonly<Record<string, string>> = {
  model: 'model',
  messages: 'contents',
  maxOutputTokens: 'generationConfig.maxOutputTokens',
  'sampling.temperature': 'generationConfig.temperature',
  'sampling.topP': 'generationConfig.topP',
  'sampling.topK': 'generationConfig.topK',
  'sampling.frequencyPenalty': 'generationConfig.frequencyPenalty',
  'sampling.presencePenalty': 'generationConfig.presencePenalty',
  'sampling.seed': 'generationConfig.seed',
  stop: 'generationConfig.stopSequences',
  answers: 'generationConfig.candidateCount',
  logprobs: 'generationConfig.responseLogprobs',
  toolChoice: 'toolConfig.functionCallingConfig',
  reasoning: 'generationConfig.thinkingConfig',
  'reasoning.mode': 'generationConfig.thinkingConfig.thinkingBudget',
  'reasoning.budgetTokens': 'generationConfig.thinkingConfig.thinkingBudget',
  'reasoning.effort': 'generationConfig.thinkingConfig.thinkingLevel',
  'reasoning.isVisible': 'generationConfig.thinkingConfig.includeThoughts',
  'output.format': 'generationConfig.responseMimeType',
  'output.modalities': 'generationConfig.responseModalities',
  'output.audio': 'generationConfig.speechConfig',
  'state.cachedContent': 'cachedContent',
  'state.isStored': 'store',
  metadata: 'labels',
  serviceTier: 'serviceTier',
  '*.state': 'thoughtSignature',
  '*.resultSchema': 'responseJsonSchema',
  '*.filename': 'inlineData.displayName',
}

/** Reads a request for content or for a count of tokens. The model and the stream are in the path. */
export function readRequest({ body, model, isStream }: WireRequest): NeutralRequest {
  const outer = new Fields(body)
  const f = outer.nested(COUNTED, 'generate_content_request') ?? outer
  if (f !== outer) f.shape('request', 'counted')
  const system = readSystem(f)
  return {
    dialect: DIALECT,
    model: readModel(f, model),
    messages: [...(system ? [system] : []), ...readContents(f)],
    tools: readTools(f),
    toolChoice: readToolChoice(f),
    ...readConfig(f),
    state: present({
      cachedContent: f.string('cachedContent', 'cached_content'),
      isStored: f.boolean('store'),
    }),
    metadata: f.object('labels'),
    serviceTier: f.string('serviceTier', 'service_tier'),
    stream: isStream === undefined ? undefined : { isStream },
    extra: outer.extra(DIALECT),
  }
}

/** Writes a request. A count of more than a conversation must hold the request that is counted. */
export function writeRequest(request: NeutralRequest, context: RequestContext): WireRequest {
  const isOwn = request.dialect === DIALECT
  if (!isOwn) reportLosses(request, context)
  const { state, extra } = request
  const model = context.model ?? request.model
  const isCount = context.operation === 'count-tokens'
  const written: JsonObject = {
    model: writeModel(model, shapeOf(extra, DIALECT, 'model')),
    ...writeContents(request, context),
    tools: writeTools(request, context.diagnostics),
    toolConfig: writeToolChoice(request, context.diagnostics),
    generationConfig: writeConfig(request, context),
    cachedContent: state?.cachedContent,
    store: isOwn || state?.isStored === false ? state?.isStored : undefined,
    labels: isOwn ? request.metadata : undefined,
    serviceTier: isOwn ? request.serviceTier : undefined,
  }
  const wire = { model, isStream: request.stream?.isStream ?? false, operation: context.operation }
  if (isOwn) {
    const isCounted = shapeOf(extra, DIALECT, 'request') === 'counted'
    const path = isCounted ? `${COUNTED}.` : ''
    const body = isCounted ? { [COUNTED]: written } : written
    return { body: restore(body, extra, DIALECT, { [`${path}contents`]: [] }), ...wire }
  }
  const contents = written.contents ?? []
  const rest = present({ ...written, contents: undefined, generationConfig: undefined, store: undefined })
  if (!isCount) return { body: { ...present(written), contents }, ...wire }
  const whole = { ...rest, model: `models/${model}`, contents }
  return { body: rest ? { [COUNTED]: whole } : { contents }, ...wire }
}

/** A model in the body, which some clients repeat there; one that says otherwise than the path stays in the bag. */
function readModel(f: Fields, model: string | undefined): string | undefined {
  const named = f.peek('model')
  if (typeof named !== 'string') return model
  const bare = named.replace(/^models\//, '')
  if (model !== undefined && model !== bare) return model
  f.string('model')
  f.shape('model', bare === named ? 'bare' : 'prefixed')
  return bare
}

function writeModel(model: string | undefined, shape: string | undefined): string | undefined {
  if (shape === undefined || model === undefined) return undefined
  return shape === 'bare' ? model : `models/${model}`
}

function reportLosses(request: NeutralRequest, { diagnostics }: RequestContext): void {
  const { sampling, output, cache, state, user, reasoning } = request
  const losses: Readonly<Record<string, unknown>> = {
    'sampling.logitBias': sampling?.logitBias,
    'output.audio': output?.audio,
    'output.verbosity': output?.verbosity,
    'output.format.description': (output?.format?.type === 'jsonSchema' && output.format.description) || undefined,
    'reasoning.summary': reasoning?.summary === 'auto' ? undefined : reasoning?.summary,
    'cache.key': cache?.key,
    'cache.retention': cache?.retention,
    'cache.mode': cache?.mode,
    'cache.auto': cache?.auto,
    contextEdits: request.contextEdits,
    'state.isStored': state?.isStored || undefined,
    metadata: request.metadata,
    moderation: request.moderation,
    serviceTier: request.serviceTier,
    'user.id': user?.id,
    'user.safetyIdentifier': user?.safetyIdentifier,
  }
  for (const [path, value] of Object.entries(losses)) {
    if (value !== undefined) diagnostics.dropped(path, 'gemini has no such parameter')
  }
  for (const message of request.messages) {
    if (message.name !== undefined) {
      diagnostics.dropped(`${message.at ?? 'messages'}.name`, 'gemini has no names of speakers')
    }
    for (const block of message.content) {
      if (block.cacheMark)
        diagnostics.dropped(`${block.at ?? 'messages'}.cacheMark`, 'gemini has no prompt cache breakpoints')
    }
  }
  for (const key of ['previousResponseId', 'conversationId', 'prompt', 'cachedContent', 'isBackground'] as const) {
    if (state?.[key]) diagnostics.refused(`state.${key}`, 'another provider holds this state')
  }
  // A thread that begins has its whole conversation in the request; what goes on from one has not.
  if (state?.thread?.type === 'create') diagnostics.changed('state.thread', 'the next request has to be whole, too')
  else if (state?.thread) diagnostics.refused('state.thread', 'another provider holds this state')
  if (state?.containerId) diagnostics.dropped('state.containerId', 'another provider holds this state')
}
