import type { Diagnostics, ModelProfile, NeutralRequest } from 'lunaroute/neutral'
import type { Memory } from './memory.ts'
import type { Reversal } from './reversal.ts'

/** What a policy knows of the way a request takes. */
export interface PolicyContext {
  readonly profile: ModelProfile
  readonly diagnostics: Diagnostics
  /** The dialect the request will be written in, and the provider it goes to. */
  readonly dialect: string
  readonly provider: string
  /** Native paths of the client's dialect, for what stands in its bags. */
  readonly parameters: Readonly<Record<string, string>>
  readonly memory: Memory
  /** Where a policy notes what has to be undone in the answer. */
  readonly reversal: Reversal
}

/** One change to every request that is translated. Returns the request itself where there is nothing to do. */
export type Policy = (request: NeutralRequest, context: PolicyContext) => NeutralRequest
