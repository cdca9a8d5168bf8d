import type { Outgoing, Sending } from './attempt.ts'

/** Statuses that say of a credential that it is not good, or not good enough. */
export const KEY_FAULTS: ReadonlySet<unknown> = new Set([401, 402, 403])

/**
 * Whether a stand-in refused the gateway's own key, after another provider failed for a reason of its own. To the client
 * it would seem that its own credential was refused: what failed first is its to hear.
 */
export function isOwnFault(status: number, { walk }: Sending, { hasClientCredential }: Outgoing): boolean {
  return (
    !hasClientCredential && KEY_FAULTS.has(status) && walk.failure !== undefined && !KEY_FAULTS.has(walk.failure.status)
  )
}
