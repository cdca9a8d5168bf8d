import type { ModelProfile } from 'lunaroute/neutral'

/** What the API asks of every model. */
export const limits: ModelProfile = {
  hasInlineSystem: true,
  input: { hasBlockDocuments: false },
  sampling: { temperature: { min: 0, max: 2 }, topP: { min: 0, max: 1 } },
  tools: { namePattern: '^[a-zA-Z0-9_-]{1,64}$', nameLength: 64, idLength: 64 },
}
