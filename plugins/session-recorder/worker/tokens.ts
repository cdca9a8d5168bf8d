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
  /** Those written to a cache that stay there for an hour. */
  readonly lasting: number
  readonly isEstimated: boolean
}

/** Usage in kinds that add up. Dialects that speak of thinking get it counted as that, others as reasoning. */
export function countsOf(usage: Usage, codec: Codec | undefined): TokenCounts {
  const [input, read, written, audioIn] = parted(usage.inputTokens ?? 0, [
    usage.cachedTokens,
    usage.cacheWriteTokens,
    usage.inputAudioTokens,
  ])
  const [output, reasoning, audioOut] = parted(wholeOutput(usage), [usage.reasoningTokens, usage.outputAudioTokens])
  const isThinking = /thinking/i.test(codec?.parameters.reasoning ?? '')
  return {
    input_tokens: input! + (usage.toolInputTokens ?? 0),
    output_tokens: output!,
    thinking_tokens: isThinking ? reasoning! : 0,
    reasoning_tokens: isThinking ? 0 : reasoning!,
    cache_read_tokens: read!,
    cache_creation_tokens: written!,
    audio_input_tokens: audioIn!,
    audio_output_tokens: audioOut!,
  }
}

/** Some servers count reasoning beside the output, not in it: their total tells. */
function wholeOutput({ inputTokens = 0, outputTokens = 0, reasoningTokens = 0, totalTokens }: Usage): number {
  const isBeside = totalTokens === inputTokens + outputTokens + reasoningTokens
  return isBeside ? outputTokens + reasoningTokens : outputTokens
}

/**
 * What is left of a whole, and its parts: together they are the whole, also where a server tells of larger parts. Less
 * than nothing is what some tell of that do not count.
 */
function parted(whole: number, parts: readonly (number | undefined)[]): readonly number[] {
  let left = Math.max(whole, 0)
  const taken = parts.map(part => {
    const each = Math.min(Math.max(part ?? 0, 0), left)
    left -= each
    return each
  })
  return [left, ...taken]
}

/** More tokens than any answer can have: nobody has counted that. */
const MOST_TOKENS = 1e9

/** Numbers of tokens as whole numbers; those that are none are as good as untold. */
function believable(usage: Usage | undefined): Usage | undefined {
  if (!usage) return undefined
  const isNumber = (value: unknown): value is number => typeof value === 'number'
  const told = Object.entries(usage).filter(([, value]) => !isNumber(value) || Math.abs(value) <= MOST_TOKENS)
  return Object.fromEntries(told.map(([name, value]) => [name, isNumber(value) ? Math.round(value) : value]))
}

/** What the provider told, completed by an estimate where it did not come to that. */
export function countTokens(
  given: Usage | undefined,
  codec: Codec | undefined,
  answer: { readonly isComplete: boolean; readonly written: number; readonly asked: number },
): CountedTokens {
  const usage = believable(given)
  const output = Math.ceil(answer.written / CHARACTERS)
  const lasting = usage?.cacheWrite1hTokens ?? 0
  if (usage?.inputTokens !== undefined && usage.outputTokens !== undefined) {
    const counts = countsOf(usage, codec)
    // A stream that broke off told at its beginning of a token or two.
    const told = counts.output_tokens + counts.thinking_tokens + counts.reasoning_tokens + counts.audio_output_tokens
    if (answer.isComplete) return { counts, lasting, isEstimated: usage.isEstimated ?? false }
    const untold = Math.max(0, output - told)
    return { counts: { ...counts, output_tokens: counts.output_tokens + untold }, lasting, isEstimated: true }
  }
  const estimate = { inputTokens: Math.ceil(answer.asked / CHARACTERS), outputTokens: output }
  const told = Object.fromEntries(Object.entries(usage ?? {}).filter(([, value]) => value !== undefined))
  return { counts: countsOf({ ...estimate, ...told }, codec), lasting, isEstimated: true }
}

export function totalOf(counts: TokenCounts): number {
  return Object.values(counts).reduce((sum, each) => sum + each, 0)
}
