import type { AttemptOutcome } from 'lunaroute'

export type Verdict = 'ok' | 'failed' | 'nothing'

/**
 * What an attempt says of its provider. Nothing: the client left, the request was refused for what it is (4xx), or a
 * kept connection turned out to be closed, which happens to every provider.
 */
export function verdictOf({ failure, toldStatus, status }: AttemptOutcome, counted: ReadonlySet<unknown>): Verdict {
  if (failure === 'cancelled' || failure === 'stale') return 'nothing'
  if (failure !== undefined) return counted.has(failure) ? 'failed' : 'nothing'
  const told = toldStatus ?? status ?? 0
  if (counted.has(told) || (told >= 500 && counted.has('5xx'))) return 'failed'
  return told < 400 ? 'ok' : 'nothing'
}
