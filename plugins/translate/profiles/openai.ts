import type { ModelProfile } from 'lunaroute/neutral'

const pictures = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'] as const
const input = { images: pictures, documents: ['application/pdf'], audio: [], video: [] } as const
const fixed = {
  temperature: false,
  topP: false,
  frequencyPenalty: false,
  presencePenalty: false,
  logitBias: false,
} as const

/** Models that reason: none of them takes `max_tokens` or sampling parameters. */
const reasoner: ModelProfile = {
  maxTokensField: 'max_completion_tokens',
  hasDeveloperRole: true,
  sampling: fixed,
  input,
  structuredOutput: 'native',
  maxStops: 0,
}

const modern: ModelProfile = { maxTokensField: 'max_completion_tokens', input, structuredOutput: 'native' }

export const openai: Readonly<Record<string, ModelProfile>> = {
  'gpt-*': { hasInlineSystem: true, maxStops: 4, sampling: { temperature: { min: 0, max: 2 } } },
  'gpt-4o*': { ...modern, maxOutputTokens: 16_384, contextTokens: 128_000, reasoning: false },
  'gpt-4.1*': { ...modern, maxOutputTokens: 32_768, contextTokens: 1_047_576, reasoning: false },
  'o1*': { ...reasoner, reasoning: { controls: ['effort'], efforts: ['low', 'medium', 'high'], canDisable: false } },
  'o3*': { ...reasoner, reasoning: { controls: ['effort'], efforts: ['low', 'medium', 'high'], canDisable: false } },
  'o4*': { ...reasoner, reasoning: { controls: ['effort'], efforts: ['low', 'medium', 'high'], canDisable: false } },
  'gpt-5*': {
    ...reasoner,
    maxOutputTokens: 128_000,
    contextTokens: 400_000,
    reasoning: { controls: ['effort'], efforts: ['minimal', 'low', 'medium', 'high'], canDisable: false },
    tools: { hasCustomTools: true },
  },
  'gpt-5.?*': {
    reasoning: { controls: ['effort'], efforts: ['none', 'low', 'medium', 'high', 'xhigh'], canDisable: true },
  },
  'gpt-6*': {
    ...reasoner,
    reasoning: { controls: ['effort'], efforts: ['none', 'low', 'medium', 'high', 'xhigh'], canDisable: true },
    tools: { hasCustomTools: true },
  },
}
