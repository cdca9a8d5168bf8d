import type { ToolCallBlock } from 'lunaroute/neutral'
import type { CostRecord, PriceList } from 'lunaroute/sessions'
import type { RecordedEnd } from '../frames.ts'
import { type Assembly, round, type ToldRequest } from './assembly.ts'
import type { DialectModule } from './modules.ts'
import { answerText, blocksOf, type ReadAnswer } from './read-answer.ts'
import type { Told } from './request-events.ts'
import { type CountedTokens, countTokens, NO_TOKENS, totalOf } from './tokens.ts'

/** What is known of an answer when its exchange is over. */
export interface Ending {
  readonly assembly: Assembly
  readonly request: ToldRequest
  readonly end: RecordedEnd
  readonly answer: ReadAnswer
  readonly module: DialectModule | undefined
  readonly prices: PriceList | undefined
}

export function toolCallsOf({ neutral }: ReadAnswer): readonly ToolCallBlock[] {
  return blocksOf(neutral).filter(block => block.type === 'toolCall')
}

export function answerEvents(ending: Ending): readonly Told[] {
  const { assembly, end, answer } = ending
  const timestamp = assembly.at(end.duration)
  const tokens = tokensOf(ending)
  const { counts } = tokens
  const last = end.attempts.findLast(each => each.status !== undefined)
  const model = modelOf(ending)
  const cost = costOf(ending, tokens, model)
  const finish = answer.neutral?.choices.find(each => each.stop)?.stop
  // In the provider's word: where it has none for the stop itself (Responses), the one for the answer.
  const finishReason = finish?.native || answer.neutral?.status || finish?.reason || null
  const events: Told[] = []
  const [first] = assembly.times
  if (answer.isStream && first !== undefined) {
    events.push({ type: 'stream_started', timestamp: assembly.at(first), time_to_first_token_ms: round(first) })
  }
  const calls = toolCallsOf(answer)
  for (const { name, callId, input } of calls) {
    events.push({
      type: 'tool_call_recorded',
      timestamp,
      tool_name: name,
      tool_call_id: callId,
      tool_arguments: input,
      input_size_bytes: Buffer.byteLength(input),
    })
  }
  const text = answerText(answer.neutral)
  if (end.status > 0) {
    const blocks = blocksOf(answer.neutral)
    events.push({
      type: 'response_recorded',
      timestamp,
      response_text: text,
      response_json: answer.json,
      provider: last?.provider ?? null,
      model_used: model,
      status: end.status,
      response_headers: end.headers,
      response_size_bytes: end.responseBytes,
      ...counts,
      total_tokens: totalOf(counts),
      is_usage_estimated: tokens.isEstimated,
      finish_reason: finishReason,
      tool_calls: calls.map(({ name, callId }) => ({ tool_name: name, tool_call_id: callId })),
      content_blocks: blocks.length,
      has_refusal: finish?.reason === 'refusal' || blocks.some(block => block.type === 'refusal'),
      is_streaming: answer.isStream,
      chunk_count: assembly.times.length,
      streaming_duration_ms: first === undefined ? 0 : round(assembly.times.at(-1)! - first),
      chunk_latency_ms: answer.isStream ? assembly.latencies : null,
    })
  }
  events.push({ type: 'completed', timestamp, finish_reason: finishReason, ...outcomeOf(ending, cost) })
  return events
}

function outcomeOf({ end, answer }: Ending, cost: CostRecord | null) {
  const last = end.attempts.at(-1)
  const latency = last ? Math.max(0, last.endedAt - last.startedAt) : 0
  const hasFailed =
    answer.error !== undefined || end.attempts.some(each => each === last && each.toldStatus !== undefined)
  const outcome = end.outcome === 'ok' && hasFailed ? ('error' as const) : end.outcome
  return {
    success: outcome === 'ok',
    outcome,
    error: end.error ? `${end.error.code}: ${end.error.message}` : whyOf(answer, end),
    total_duration_ms: round(end.duration),
    provider_latency_ms: round(latency),
    proxy_overhead_ms: round(Math.max(0, end.duration - latency)),
    attempts: end.attempts.map(each => ({
      provider: each.provider,
      model: each.model ?? null,
      status: each.status ?? null,
      ...(each.toldStatus !== undefined && { told_status: each.toldStatus }),
      failure: each.failure ?? null,
      duration_ms: round(each.endedAt - each.startedAt),
    })),
    dropped: (end.headers['x-lunaroute-dropped'] ?? '').split(', ').filter(each => each !== ''),
    route: end.route,
    estimated_cost: cost,
  }
}

/** Some servers give their reason in a form of their own. */
function whyOf({ error }: Ending['answer'], { outcome, status }: RecordedEnd): string | null {
  if (!error) return null
  // What a stream that was read no further looks like.
  if (outcome === 'cancelled' && error.kind === 'cut') return 'the client left before the answer was complete'
  return error.message === '' ? `the provider answered with status ${status}` : error.message
}

function tokensOf({ end, answer, module, request, assembly }: Ending): CountedTokens {
  const usage = end.usage?.outputTokens === undefined ? { ...end.usage, ...answer.neutral?.usage } : end.usage
  const hasUsage = Object.values(usage).some(each => each !== undefined)
  // What is no answer of a model used no tokens that anybody could estimate.
  if (assembly.head.operation !== 'generate' || end.status >= 400 || assembly.times.length === 0) {
    const isTold = hasUsage && usage.inputTokens !== undefined
    return isTold
      ? countTokens({ ...usage, outputTokens: usage.outputTokens ?? 0 }, module?.codec, {
          isComplete: true,
          written: 0,
          asked: 0,
        })
      : { counts: NO_TOKENS, lasting: 0, isEstimated: false }
  }
  const calls = toolCallsOf(answer).reduce((sum, each) => sum + each.input.length + each.name.length, 0)
  const written = answerText(answer.neutral).length + calls
  return countTokens(hasUsage ? usage : undefined, module?.codec, {
    isComplete: answer.isComplete,
    written,
    asked: request.size,
  })
}

/** What the provider was asked for where that is not what the client asked for, else what the provider says it is. */
function modelOf({ end, answer, request }: Ending): string | null {
  const asked = end.attempts.findLast(each => each.status !== undefined)?.model
  const requested = request.neutral?.model ?? end.model ?? undefined
  if (asked !== undefined && asked !== requested) return asked
  return answer.neutral?.model ?? asked ?? null
}

function costOf(
  { prices, end, assembly }: Ending,
  { counts, lasting }: CountedTokens,
  model: string | null,
): CostRecord | null {
  const provider = end.attempts.at(-1)?.provider
  if (!prices || provider === undefined || model === null || totalOf(counts) === 0) return null
  try {
    const charged = { ...counts, cache_creation_1h_tokens: lasting }
    return prices.cost(provider, model, charged, new Date(assembly.head.startedAt)) ?? null
  } catch {
    return null
  }
}
