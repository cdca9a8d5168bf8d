import type { AnswerVocabulary } from 'lunaroute/neutral'

/** What an answer of this dialect can hold. */
export const answers: AnswerVocabulary = {
  citations: ['url', 'file'],
  states: ['reasoning', 'compaction'],
  sealed: ['reasoning'],
  usage: [
    'inputTokens',
    'cachedTokens',
    'cacheWriteTokens',
    'outputTokens',
    'reasoningTokens',
    'totalTokens',
    'inputAudioTokens',
    'outputAudioTokens',
  ],
  stops: ['stop', 'stopSequence', 'length', 'contextFull', 'toolCalls', 'filter', 'refusal', 'error'],
  hasLogprobs: true,
  hasChoices: false,
  hasStopSequence: false,
  stopMessages: ['error'],
}
