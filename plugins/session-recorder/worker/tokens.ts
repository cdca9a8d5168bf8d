import type { Codec, Usage } from 'lunaroute/neutral'
import type { TokenCounts } from 'lunaroute/sessions'

/** English and code come to about four characters a token. */
const CHARACTERS = 4

export const NO_TOKENS: TokenCounts = {
  input_tokens: 0,
  output_tokens: 0,
  thinking_tokens: 0,
  reasoning_tokens: 0,
  cache_read_tokens: 0,
  cache_creation_tokens: 0,
  audio_input_tokens: 0,
  audio_output_tokens: 0,
}

export interface CountedTokens {
  readonly counts: TokenCounts
  readonly isEstimated: boolean
}

/** Usage in kinds that add up. Dialects that speak of thinking get it counted as that, others as reasoning. */
export function countsOf(usage: Usage, codec: Codec | undefined): TokenCounts {
  const read = usage.cachedTokens ?? 0
  const written = usage.cacheWriteTokens ?? 0
  const audioIn = usage.inputAudioTokens ?? 0
  const audioOut = usage.outputAudioTokens ?? 0
  const reasoning = usage.reasoningTokens ?? 0
  const isThinking = /thinking/i.test(codec?.parameters.reasoning ?? '')
  return {
    input_tokens: rest(usage.inputTokens, read, written, audioIn) + (usage.toolInputTokens ?? 0),
    output_tokens: rest(usage.outputTokens, reasoning, audioOut),
    thinking_tokens: isThinking ? reasoning : 0,
    reasoning_tokens: isThinking ? 0 : reasoning,
    cache_read_tokens: read,
    cache_creation_tokens: written,
    audio_input_tokens: audioIn,
    audio_output_tokens: audioOut,
  }
}

/** What the provider told, completed by an estimate where it did not come to that. */
export function countTokens(
  usage: Usage | undefined,
  codec: Codec | undefined,
  answer: { readonly isComplete: boolean; readonly written: number; readonly asked: number },
): CountedTokens {
  const output = Math.ceil(answer.written / CHARACTERS)
  if (usage?.inputTokens !== undefined && usage.outputTokens !== undefined) {
    const counts = countsOf(usage, codec)
    // A stream that broke off told at its beginning of a token or two.
    const told = counts.output_tokens + counts.thinking_tokens + counts.reasoning_tokens + counts.audio_output_tokens
    if (answer.isComplete || told >= output) return { counts, isEstimated: usage.isEstimated ?? false }
    return { counts: { ...counts, output_tokens: counts.output_tokens + output - told }, isEstimated: true }
  }
  const estimate = { inputTokens: Math.ceil(answer.asked / CHARACTERS), outputTokens: output }
  const given = Object.fromEntries(Object.entries(usage ?? {}).filter(([, value]) => value !== undefined))
  return { counts: countsOf({ ...estimate, ...given }, codec), isEstimated: true }
}

export function totalOf(counts: TokenCounts): number {
  return Object.values(counts).reduce((sum, each) => sum + each, 0)
}

function rest(whole: number | undefined, ...parts: readonly number[]): number {
  return Math.max(0, (whole ?? 0) - parts.reduce((sum, each) => sum + each, 0))
}
