import type { ModelProfile } from 'lunaroute/neutral'

const input = {
  images: ['image/jpeg', 'image/png', 'image/gif', 'image/webp'],
  documents: ['application/pdf', 'text/plain'],
  audio: [],
  video: [],
} as const

const range = { temperature: { min: 0, max: 1 }, topP: { min: 0, max: 1 } } as const

const budget = {
  controls: ['budget'],
  budget: { min: 1024 },
  temperature: 1,
  allowsForcedTool: false,
  needsState: true,
} as const

const adaptive = { controls: ['adaptive'], efforts: ['low', 'medium', 'high', 'max'], allowsForcedTool: false } as const

/** Models that take no sampling parameters any more. */
const fixed = { temperature: false, topP: false, topK: false } as const

const latest: ModelProfile = {
  maxOutputTokens: 128_000,
  reasoning: { ...adaptive, efforts: ['low', 'medium', 'high', 'xhigh', 'max'] },
  sampling: fixed,
  hasPrefill: false,
  hasInlineSystem: true,
  structuredOutput: 'native',
}

export const anthropic: Readonly<Record<string, ModelProfile>> = {
  '*claude*': { input, sampling: range, maxCacheMarks: 4, structuredOutput: 'tool' },
  '*claude-3-*': { maxOutputTokens: 4096, contextTokens: 200_000, reasoning: false },
  '*claude-3-5-*': { maxOutputTokens: 8192 },
  '*claude-3-7-*': { maxOutputTokens: 64_000, reasoning: budget },
  '*claude-opus-4*': { maxOutputTokens: 32_000, contextTokens: 200_000, reasoning: budget },
  '*claude-sonnet-4*': { maxOutputTokens: 64_000, contextTokens: 200_000, reasoning: budget },
  '*claude-haiku-4*': { maxOutputTokens: 64_000, contextTokens: 200_000, reasoning: budget },
  '*claude-opus-4-6*': { maxOutputTokens: 128_000, reasoning: adaptive, hasPrefill: false, structuredOutput: 'native' },
  '*claude-sonnet-4-6*': { reasoning: adaptive, hasPrefill: false, structuredOutput: 'native' },
  '*claude-opus-4-7*': {
    maxOutputTokens: 128_000,
    reasoning: { ...adaptive, efforts: ['low', 'medium', 'high', 'xhigh', 'max'] },
    sampling: fixed,
    hasPrefill: false,
    structuredOutput: 'native',
  },
  '*claude-opus-5*': latest,
  '*claude-sonnet-5*': latest,
  '*claude-haiku-5*': latest,
  '*claude-sonnet-4-5*': { structuredOutput: 'native' },
  '*claude-opus-4-5*': { maxOutputTokens: 64_000, structuredOutput: 'native' },
  '*claude-haiku-4-5*': { structuredOutput: 'native' },
  '*claude-opus-4-1*': { structuredOutput: 'native' },
}
