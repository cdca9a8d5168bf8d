import type { ModelProfile } from 'lunaroute/neutral'

const gemini = {
  images: ['image/jpeg', 'image/png', 'image/webp', 'image/heic', 'image/heif'],
  documents: ['application/pdf', 'text/plain'],
  hasUrls: false,
} as const

/** Gemini. */
export const google: Readonly<Record<string, ModelProfile>> = {
  'gemini-*': {
    input: gemini,
    maxStops: 5,
    maxOutputTokens: 65_536,
    contextTokens: 1_048_576,
    structuredOutput: 'native',
    sampling: { temperature: { min: 0, max: 2 } },
  },
  'gemini-2.0-*': { maxOutputTokens: 8192, reasoning: false },
  'gemini-2.5-*': {
    input: { hasUrls: true },
    reasoning: { controls: ['budget'], budget: { min: 0, max: 24_576 }, canDisable: true },
  },
  'gemini-2.5-pro*': { reasoning: { controls: ['budget'], budget: { min: 128, max: 32_768 }, canDisable: false } },
  'gemini-3*': {
    input: { hasUrls: true },
    reasoning: { controls: ['effort'], efforts: ['minimal', 'low', 'medium', 'high'], canDisable: false },
    // https://ai.google.dev/gemini-api/docs/thought-signatures: for a conversation that another model began.
    tools: { foreignState: 'skip_thought_signature_validator' },
  },
  'gemini-3*pro*': { reasoning: { controls: ['effort'], efforts: ['low', 'high'], canDisable: false } },
}

/** Chat servers of other makers. */
export const compatible: Readonly<Record<string, ModelProfile>> = {
  '*deepseek*': { maxTokensField: 'max_tokens', hasDeveloperRole: false },
  '*deepseek-reasoner*': { reasoning: { controls: ['effort'], echo: 'toolTurns', field: 'reasoning_content' } },
  '*glm-*': { maxTokensField: 'max_tokens', hasDeveloperRole: false },
  '*kimi*': { maxTokensField: 'max_tokens', hasDeveloperRole: false },
  '*llama*': { maxTokensField: 'max_tokens', hasDeveloperRole: false },
  '*mistral*': { maxTokensField: 'max_tokens', hasDeveloperRole: false },
  '*qwen*': { maxTokensField: 'max_tokens', hasDeveloperRole: false },
}
