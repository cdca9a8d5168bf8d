import type { ModelProfile } from 'lunaroute/neutral'

/** What the API asks of every model. */
export const limits: ModelProfile = {
  needsUserFirst: true,
  sampling: { temperature: { min: 0, max: 2 }, topP: { min: 0, max: 1 } },
  tools: { namePattern: '^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$', nameLength: 64 },
}
