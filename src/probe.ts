/** A cheap question to a provider, to see whether it lives. */
export interface ProbeRequest {
  /** A path of the provider's dialect. Default: the one that lists its models. */
  readonly path?: string | undefined
  /** Milliseconds until it counts as unanswered. */
  readonly timeout: number
}

export interface ProbeResult {
  /** Undefined where no answer came. */
  readonly status: number | undefined
  /** Why none came, in a few words. */
  readonly reason: string | undefined
  readonly milliseconds: number
}
