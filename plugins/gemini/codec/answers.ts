import type { AnswerVocabulary } from 'lunaroute/neutral'

const STOPS: AnswerVocabulary['stops'] = [
  'stop',
  'stopSequence',
  'length',
  'contextFull',
  'toolCalls',
  'filter',
  'refusal',
  'error',
]

/** What an answer of this dialect can hold. */
export const answers: AnswerVocabulary = {
  citations: ['url'],
  states: ['text', 'reasoning', 'toolCall', 'image'],
  sealed: ['toolCall'],
  usage: ['inputTokens', 'cachedTokens', 'outputTokens', 'reasoningTokens', 'totalTokens', 'toolInputTokens'],
  stops: STOPS,
  hasLogprobs: true,
  hasChoices: true,
  hasStopSequence: false,
  stopMessages: STOPS,
}
