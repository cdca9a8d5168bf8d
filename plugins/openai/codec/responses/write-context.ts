import type { Diagnostics, ModelProfile } from 'lunaroute/neutral'

/** What the writers of items hand down. */
export interface WriteContext {
  readonly diagnostics: Diagnostics
  readonly profile: ModelProfile
  /** The items were read from Responses and go back as they were. */
  readonly isOwn: boolean
  /** Set for the items of an answer: makes an id with a prefix, and stands for items that are complete. */
  readonly id?: ((prefix: string) => string) | undefined
}
