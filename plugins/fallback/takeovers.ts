import type { AttemptOutcome, Observer, Plan, Sample, StartedAttempt } from 'lunaroute'

/** Counts which provider took over from which, and why. Lives as long as the gateway. */
export class Takeovers {
  readonly #counts = new Map<string, { readonly labels: Sample['labels']; value: number }>()

  /** Watches one exchange with this plan. */
  observer(plan: Plan): Observer {
    const planned = plan[0]!.provider
    let last: AttemptOutcome | undefined
    return {
      attemptStarted: (attempt: StartedAttempt) => {
        // An attempt that could not be made at all leaves no outcome behind. Nor does a group of providers, one of which
        // took the place of its name: that is nobody's failure.
        if (!last) {
          const isSkipped = attempt.provider !== planned && plan.some(each => each.provider === attempt.provider)
          return isSkipped ? this.#count(planned, attempt, 'skipped') : undefined
        }
        if (attempt.provider === last.provider && attempt.model === last.model) return undefined
        return this.#count(last.provider, attempt, reasonOf(last))
      },
      attemptEnded: outcome => {
        last = outcome
      },
    }
  }

  samples(): Iterable<Sample> {
    return this.#counts.values()
  }

  #count(from: string, { provider: to }: StartedAttempt, reason: string): void {
    const key = JSON.stringify([from, to, reason])
    const known = this.#counts.get(key)
    if (known) known.value++
    else this.#counts.set(key, { labels: { from_provider: from, to_provider: to, reason }, value: 1 })
  }
}

/** The status the attempt was refused with, in its head or in its stream, or how it failed. */
function reasonOf({ failure, toldStatus, status }: AttemptOutcome): string {
  return String(failure ?? toldStatus ?? status ?? 'unknown')
}
