import type { Extensible } from './extra.ts'

/**
 * Tokens used. Absent stays absent and 0 stays 0. Totals are the OpenAI way: `inputTokens` includes what was read from
 * and written to a cache, `outputTokens` includes reasoning. Readers of Messages (whose input excludes both) and Gemini
 * (whose candidates exclude thoughts) add; their writers subtract, never below 0.
 */
export interface Usage extends Extensible {
  readonly inputTokens?: number | undefined
  /** Read from a cache; part of `inputTokens`. */
  readonly cachedTokens?: number | undefined
  /** Written to a cache; part of `inputTokens`. */
  readonly cacheWriteTokens?: number | undefined
  /** Of those, to live five minutes, and an hour. */
  readonly cacheWrite5mTokens?: number | undefined
  readonly cacheWrite1hTokens?: number | undefined
  readonly outputTokens?: number | undefined
  /** Part of `outputTokens`. */
  readonly reasoningTokens?: number | undefined
  /** As stated by the provider. Writers of dialects that require it add up when it is absent. */
  readonly totalTokens?: number | undefined
  /** Part of `inputTokens` and `outputTokens`. */
  readonly inputAudioTokens?: number | undefined
  readonly outputAudioTokens?: number | undefined
  /** Results of provider-run tools fed back to the model (Gemini `toolUsePromptTokenCount`); outside `inputTokens`. */
  readonly toolInputTokens?: number | undefined
  /** Predicted output that was and was not used (Chat). */
  readonly acceptedPredictionTokens?: number | undefined
  readonly rejectedPredictionTokens?: number | undefined
  /** How often the provider ran a tool by itself, by kind: `{ web_search: 2 }`. */
  readonly serverToolUse?: Readonly<Record<string, number>> | undefined
  /** The tier that served the request, in the provider's word, where usage states it. */
  readonly serviceTier?: string | undefined
  /** True for numbers the gateway worked out itself. */
  readonly isEstimated?: boolean | undefined
}

/** One token and how likely it was. */
export interface TokenLogprob extends Extensible {
  readonly token: string
  /** Natural logarithm. */
  readonly logprob: number
  /** The token's UTF-8 bytes. */
  readonly bytes?: readonly number[] | undefined
  /** The likeliest tokens at this place, best first. */
  readonly top?: readonly TokenLogprob[] | undefined
}
