import type { ModelProfile } from 'lunaroute/neutral'

/** What the API asks of every model. */
export const limits: ModelProfile = {
  maxCacheMarks: 4,
  hasDeveloperRole: false,
  needsUserFirst: true,
  hasJsonMode: false,
  sampling: { temperature: { min: 0, max: 1 }, topP: { min: 0, max: 1 } },
  tools: {
    namePattern: '^[a-zA-Z0-9_-]{1,128}$',
    nameLength: 128,
    idPattern: '^[a-zA-Z0-9_-]+$',
    hasAllowedChoice: false,
  },
}
