import { defineService } from './service.ts'

/** Providers that stand for each other. A plan names them as if they were one provider. */
export interface ProviderGroup {
  /** What plans call it, and what is remembered of it is kept under. No provider is called so. */
  readonly name: string
  readonly strategy: 'round-robin' | 'weighted-round-robin' | 'limits-alternative'
  /** In order of preference, where the strategy has none. Weights are shares among those of all; default 1. */
  readonly targets: readonly { readonly provider: string; readonly model?: string; readonly weight?: number }[]
  /** Seconds that a target is left alone after a 429 that does not say for how long. */
  readonly exponential_backoff_base_secs?: number
}

/** Knows the groups that a plugin's plans name now: undefined for any other name. A group itself never changes. */
export type GroupSource = (name: string) => ProviderGroup | undefined

/** Offered by plugins that make plans, and asked by the one that spreads requests over groups. */
export const groupService = defineService<GroupSource>('provider groups')
