import type { AttemptOutcome } from 'lunaroute'

/**
 * Whether an attempt shows its provider to work (true) or to fail (false). Undefined where it shows neither: the client
 * left, the request was refused for what it is, rate limits included, or a kept connection turned out to be closed.
 */
export function hasWorked({ failure, toldStatus, status }: AttemptOutcome): boolean | undefined {
  if (failure === 'cancelled' || failure === 'stale') return undefined
  if (failure !== undefined) return false
  const told = toldStatus ?? status ?? 0
  if (told >= 500) return false
  return told < 400 ? true : undefined
}
