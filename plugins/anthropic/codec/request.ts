import {
  type ContextEdit,
  Fields,
  isObject,
  type JsonObject,
  type NeutralRequest,
  type OutputFormat,
  present,
  type ReasoningOptions,
  type RequestContext,
  restore,
  shapeOf,
  type WireRequest,
} from 'lunaroute/neutral'
import { readMessage, readSystem, writeMessages } from './messages.ts'
import { DIALECT } from './name.ts'
import { readCacheMark } from './read-blocks.ts'
import { readToolChoice, writeToolChoice } from './tool-choice.ts'
import { readMcpServer, readTool, writeTools } from './tools.ts'
import { writeCacheMark } from './write-blocks.ts'

/** What a request gets for an output limit when neither client nor profile names one; the dialect demands a number. */
const MAX_TOKENS = 4096

/** Native paths of the parameters, for diagnostics. */
export const parameters: Readonly<Record<string, string>> = {
  model: 'model',
  maxOutputTokens: 'max_tokens',
  'sampling.temperature': 'temperature',
  'sampling.topP': 'top_p',
  'sampling.topK': 'top_k',
  stop: 'stop_sequences',
  toolChoice: 'tool_choice',
  isParallelToolUse: 'tool_choice.disable_parallel_tool_use',
  reasoning: 'thinking',
  'reasoning.mode': 'thinking.type',
  'reasoning.budgetTokens': 'thinking.budget_tokens',
  'reasoning.isVisible': 'thinking.display',
  'reasoning.effort': 'output_config.effort',
  'output.format': 'output_config.format',
  'cache.auto': 'cache_control',
  'state.containerId': 'container',
  'state.thread': 'thread',
  contextEdits: 'context_management.edits',
  'user.id': 'metadata.user_id',
  serviceTier: 'service_tier',
  stream: 'stream',
  'tools[].parameters': 'input_schema',
  '*.isStrict': 'strict',
  '*.searchSource': 'source',
  '*.cacheMark': 'cache_control',
  '*.state': 'signature',
  '*.isCitable': 'citations',
  '*.allowedDomains': 'allowed_domains',
  '*.blockedDomains': 'blocked_domains',
  '*.maxUses': 'max_uses',
  '*.location': 'user_location',
}

/** Reads a Messages request. */
export function readRequest({ body, model }: WireRequest): NeutralRequest {
  const f = new Fields(body)
  f.optional('messages')
  const messages = f.list('messages')
  const system = readSystem(f)
  const { toolChoice, isParallelToolUse } = readToolChoice(f)
  const outputConfig = f.nested('output_config')
  const auto = readCacheMark(f)
  const isStream = f.boolean('stream')
  const reasoning = readReasoning(f, outputConfig)
  const format = readFormat(f, outputConfig)
  const tools = f.list('tools')?.map(readTool)
  const servers = f.list('mcp_servers')?.map(readMcpServer)
  const areServers = servers?.every(server => server !== undefined) && servers.length > 0
  if (!areServers) f.leave('mcp_servers')
  if (tools?.length === 0 && areServers) f.leave('tools')
  const edits = f.nested('context_management')?.list('edits')
  return {
    dialect: DIALECT,
    model: f.string('model') ?? model,
    messages: [...(system ? [system] : []), ...(messages ?? []).flatMap(readMessage)],
    tools: areServers ? [...(tools ?? []), ...servers] : tools,
    toolChoice,
    isParallelToolUse,
    reasoning,
    output: format && { format },
    sampling: present({
      temperature: f.number('temperature'),
      topP: f.number('top_p'),
      topK: f.number('top_k'),
    }),
    maxOutputTokens: f.number('max_tokens'),
    stop: f.strings('stop_sequences'),
    cache: auto && { auto },
    state: present({ containerId: f.string('container'), thread: f.object('thread') }),
    contextEdits: edits?.map(readEdit),
    user: present({ id: f.nested('metadata')?.string('user_id') }),
    serviceTier: f.string('service_tier'),
    stream: isStream === undefined ? undefined : { isStream },
    extra: f.extra(DIALECT),
  }
}

/** What a count of tokens takes of a request: it refuses the rest. */
const COUNTED: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'thinking',
  'mcp_servers',
  'context_management',
  'output_config',
  'output_format',
  'cache_control',
])

/** Writes a Messages request. */
export function writeRequest(request: NeutralRequest, context: RequestContext): WireRequest {
  const isOwn = request.dialect === DIALECT
  if (!isOwn) reportLosses(request, context)
  const { sampling, stream, user } = request
  const model = context.model ?? request.model
  const isCount = context.operation === 'count-tokens'
  const fallback = isOwn || isCount ? undefined : (context.profile.maxOutputTokens ?? MAX_TOKENS)
  const tools = request.tools && writeTools(request.tools, context.diagnostics, isOwn)
  const written: JsonObject = {
    model,
    max_tokens: request.maxOutputTokens ?? fallback,
    ...writeMessages(request, context),
    ...tools,
    tool_choice: writeToolChoice(request, context, isOwn || hasAny(tools)),
    ...writeOutput(request),
    temperature: sampling?.temperature,
    top_p: sampling?.topP,
    top_k: sampling?.topK,
    stop_sequences: request.stop,
    cache_control: request.cache?.auto && writeCacheMark(request.cache.auto, isOwn),
    container: request.state?.containerId,
    thread: request.state?.thread,
    context_management: request.contextEdits && {
      edits: request.contextEdits.map(writeEdit).filter(e => e !== undefined),
    },
    metadata: user?.id === undefined ? undefined : { user_id: user.id },
    service_tier: isOwn ? request.serviceTier : undefined,
    stream: stream?.isStream,
  }
  const body = restore(written, request.extra, DIALECT, { messages: [] })
  const counted = Object.fromEntries(Object.entries(body).filter(([key]) => COUNTED.has(key)))
  const isBare = isCount && !isOwn
  return { body: isBare ? counted : body, model, isStream: stream?.isStream ?? false, operation: context.operation }
}

function hasAny(tools: JsonObject = {}): boolean {
  return Object.values(tools).some(list => Array.isArray(list) && list.length > 0)
}

function readReasoning(f: Fields, outputConfig: Fields | undefined): ReasoningOptions | undefined {
  const thinking = f.object('thinking')
  const t = thinking && new Fields(thinking)
  const type = t?.string('type')
  const mode = ({ enabled: 'budget', adaptive: 'adaptive', disabled: 'off' } as const)[type ?? '']
  if (t && !mode) f.leave('thinking')
  const display = t?.peek('display')
  const isVisible = ({ summarized: true, omitted: false } as const)[typeof display === 'string' ? display : '']
  if (isVisible !== undefined) t?.string('display')
  const known = mode && { mode, budgetTokens: t?.number('budget_tokens'), isVisible, extra: t?.extra(DIALECT) }
  return present({ ...known, effort: outputConfig?.string('effort') })
}

function readFormat(f: Fields, outputConfig: Fields | undefined): OutputFormat | undefined {
  for (const [key, holder] of [
    ['format', outputConfig],
    ['output_format', f],
  ] as const) {
    const native = holder?.object(key)
    if (!native) continue
    const format = new Fields(native)
    const schema = format.object('schema')
    if (format.constant('type', 'json_schema') && schema) {
      if (key === 'output_format') format.shape('key', key)
      return { type: 'jsonSchema', schema, extra: format.extra(DIALECT) }
    }
    holder?.leave(key)
  }
  return undefined
}

function writeOutput({ reasoning, output }: NeutralRequest): JsonObject {
  const format = output?.format?.type === 'jsonSchema' ? output.format : undefined
  const native = format && restore({ type: 'json_schema', schema: format.schema }, format.extra, DIALECT)
  const isOld = shapeOf(format?.extra, DIALECT, 'key') === 'output_format'
  const effort = reasoning?.effort === 'none' ? undefined : reasoning?.effort === 'minimal' ? 'low' : reasoning?.effort
  return {
    thinking: writeThinking(reasoning),
    output_config: present({ effort, format: isOld ? undefined : native }),
    output_format: isOld ? native : undefined,
  }
}

function writeThinking(reasoning: ReasoningOptions | undefined): JsonObject | undefined {
  const mode = reasoning?.mode ?? (reasoning?.effort === 'none' ? 'off' : undefined)
  if (mode === undefined) return undefined
  const type = { off: 'disabled', on: 'adaptive', budget: 'enabled', adaptive: 'adaptive' }[mode]
  const display = reasoning?.isVisible === undefined ? undefined : reasoning.isVisible ? 'summarized' : 'omitted'
  return restore({ type, budget_tokens: reasoning?.budgetTokens, display }, reasoning?.extra, DIALECT)
}

function readEdit(value: unknown): ContextEdit {
  const native: ContextEdit = { type: 'native', dialect: DIALECT, value }
  if (!isObject(value)) return native
  const f = new Fields(value)
  if (!f.constant('type', 'compact_20260112')) return native
  const trigger = f.nested('trigger')
  const thresholdTokens = trigger?.constant('type', 'input_tokens') ? trigger.number('value') : undefined
  if (trigger && thresholdTokens === undefined) f.leave('trigger')
  return { type: 'compact', thresholdTokens, extra: f.extra(DIALECT) }
}

function writeEdit(edit: ContextEdit): unknown {
  if (edit.type === 'native') return edit.dialect === DIALECT ? edit.value : undefined
  const trigger = edit.thresholdTokens === undefined ? undefined : { type: 'input_tokens', value: edit.thresholdTokens }
  return restore({ type: 'compact_20260112', trigger }, edit.extra, DIALECT)
}

/** What the format says of itself in words. */
function describedBy(format: OutputFormat | undefined): string | undefined {
  return (format?.type === 'jsonSchema' && format.description) || undefined
}

function reportLosses(request: NeutralRequest, { diagnostics }: RequestContext): void {
  const { sampling, output, cache, state, user } = request
  const losses: Readonly<Record<string, unknown>> = {
    'sampling.frequencyPenalty': sampling?.frequencyPenalty,
    'sampling.presencePenalty': sampling?.presencePenalty,
    'sampling.seed': sampling?.seed,
    'sampling.logitBias': sampling?.logitBias,
    logprobs: request.logprobs,
    'output.modalities': output?.modalities?.some(modality => modality !== 'text') || undefined,
    'output.audio': output?.audio,
    'output.verbosity': output?.verbosity,
    'reasoning.summary': request.reasoning?.summary === 'auto' ? undefined : request.reasoning?.summary,
    'output.format': output?.format?.type === 'json' || undefined,
    'output.format.description': describedBy(output?.format),
    'cache.key': cache?.key,
    'cache.retention': cache?.retention,
    'cache.mode': cache?.mode,
    'state.isStored': state?.isStored || undefined,
    metadata: request.metadata,
    moderation: request.moderation,
    serviceTier: request.serviceTier,
    'user.safetyIdentifier': user?.safetyIdentifier,
  }
  for (const [path, value] of Object.entries(losses)) {
    if (value !== undefined) diagnostics.dropped(path, 'messages has no such parameter')
  }
  if (request.answers !== undefined && request.answers > 1) diagnostics.refused('answers', 'messages gives one answer')
  for (const key of ['previousResponseId', 'conversationId', 'prompt', 'cachedContent', 'isBackground'] as const) {
    if (state?.[key]) diagnostics.refused(`state.${key}`, 'another provider holds this state')
  }
}
