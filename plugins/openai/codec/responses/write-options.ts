import { type JsonObject, type NeutralRequest, shapeOf } from 'lunaroute/neutral'
import { DIALECT } from './name.ts'
import { writeContextEdits, writeConversation, writeOutput, writeReasoningOptions, writeStream } from './options.ts'
import { writeToolChoice } from './tool-choice.ts'
import { writeTools } from './tools.ts'
import type { WriteContext } from './write-context.ts'

/** The tiers of Chat, which has the same. Other words are a provider's own. */
export const TIERS = new Set<string | undefined>(['auto', 'default', 'flex', 'scale', 'priority', 'fast'])

const MIN_TOKENS = 16
const LOGPROBS = 'message.output_text.logprobs'
const ENCRYPTED = 'reasoning.encrypted_content'

/** Writes everything of a request but the conversation. An answer repeats most of it. */
export function writeOptions(request: NeutralRequest, context: WriteContext): JsonObject {
  const { isOwn, diagnostics } = context
  const { sampling, cache, state, user, extra } = request
  const drop = () => diagnostics.dropped('contextEdits', 'responses has no such rule')
  return {
    tools: request.tools && writeTools(request.tools, context),
    tool_choice: writeToolChoice(request.toolChoice, diagnostics),
    parallel_tool_calls: request.isParallelToolUse,
    reasoning: writeReasoningOptions(request.reasoning, isOwn),
    text: writeOutput(request.output),
    temperature: sampling?.temperature,
    top_p: sampling?.topP,
    max_output_tokens: writeMaxTokens(request, context),
    top_logprobs: request.logprobs?.top,
    include: isOwn ? undefined : writeInclude(request, context),
    prompt_cache_key: cache?.key,
    prompt_cache_retention: cache?.retention,
    prompt_cache_options: cache?.mode === undefined ? undefined : { mode: cache.mode },
    previous_response_id: state?.previousResponseId,
    prompt: state?.prompt,
    conversation: writeConversation(state?.conversationId, shapeOf(extra, DIALECT, 'conversation') === 'string'),
    store: state?.isStored,
    background: state?.isBackground,
    context_management: writeContextEdits(request.contextEdits, drop),
    metadata: request.metadata,
    moderation: request.moderation,
    user: user?.id,
    safety_identifier: user?.safetyIdentifier,
    service_tier: isOwn || TIERS.has(request.serviceTier) ? request.serviceTier : undefined,
    ...writeStream(request.stream),
  }
}

/** Responses refuses less than 16. */
function writeMaxTokens({ maxOutputTokens: limit }: NeutralRequest, context: WriteContext): number | undefined {
  if (context.isOwn || limit === undefined || limit >= MIN_TOKENS) return limit
  context.diagnostics.changed('maxOutputTokens', `responses takes no limit under ${MIN_TOKENS} tokens`)
  return MIN_TOKENS
}

/** What a foreign client needs to see. Reasoning that is not stored comes back only if it is asked for encrypted. */
function writeInclude(request: NeutralRequest, { profile }: WriteContext): readonly string[] | undefined {
  const mode = request.reasoning?.mode
  const canReason = profile.reasoning !== false && mode !== 'off' && request.reasoning?.effort !== 'none'
  const doesReason = canReason && (request.reasoning !== undefined || profile.reasoning !== undefined)
  const include = [...(request.logprobs ? [LOGPROBS] : []), ...(doesReason ? [ENCRYPTED] : [])]
  return include.length === 0 ? undefined : include
}
