import type { Attempt } from './exchange.ts'

/**
 * Makes attempts out of attempts, and out of each frozen one only once. The attempts of a configuration are frozen and
 * come again with every request, so what a plugin always adds to them need not be added each time.
 */
export function derived(make: (attempt: Attempt) => Attempt): (attempt: Attempt) => Attempt {
  const known = new WeakMap<Attempt, Attempt>()
  return attempt => {
    // Others are made for one request: to remember them would cost more than to make them.
    if (!Object.isFrozen(attempt)) return make(attempt)
    let found = known.get(attempt)
    if (!found) {
      found = Object.freeze(make(attempt))
      known.set(attempt, found)
    }
    return found
  }
}
