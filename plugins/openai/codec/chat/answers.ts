import type { AnswerVocabulary } from 'lunaroute/neutral'

/** What an answer of this dialect can hold. */
export const answers: AnswerVocabulary = {
  citations: ['url'],
  states: ['reasoning', 'toolCall'],
  usage: [
    'inputTokens',
    'cachedTokens',
    'cacheWriteTokens',
    'outputTokens',
    'reasoningTokens',
    'totalTokens',
    'inputAudioTokens',
    'outputAudioTokens',
    'acceptedPredictionTokens',
    'rejectedPredictionTokens',
  ],
  stops: ['stop', 'stopSequence', 'length', 'contextFull', 'toolCalls', 'filter', 'refusal'],
  hasLogprobs: true,
  hasChoices: true,
  hasStopSequence: false,
  stopMessages: [],
}
