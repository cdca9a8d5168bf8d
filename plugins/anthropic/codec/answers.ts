import type { AnswerVocabulary } from 'lunaroute/neutral'

/** What an answer of this dialect can hold. */
export const answers: AnswerVocabulary = {
  citations: ['url', 'document'],
  states: ['reasoning', 'compaction'],
  sealed: ['reasoning'],
  usage: [
    'inputTokens',
    'cachedTokens',
    'cacheWriteTokens',
    'cacheWrite5mTokens',
    'cacheWrite1hTokens',
    'outputTokens',
    'reasoningTokens',
    'serverToolUse',
  ],
  stops: ['stop', 'stopSequence', 'length', 'contextFull', 'toolCalls', 'filter', 'refusal', 'pause', 'compaction'],
  hasLogprobs: false,
  hasChoices: false,
  hasStopSequence: true,
  stopMessages: ['filter', 'refusal'],
}
