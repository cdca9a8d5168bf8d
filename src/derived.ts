import type { Attempt } from './exchange.ts'

/**
 * Makes attempts out of attempts, and out of each frozen one only once. The attempts of a configuration are frozen and
 * come again with every request, so what a plugin always adds to them need not be added each time.
 */
export function derived(make: (attempt: Attempt) => Attempt): (attempt: Attempt) => Attempt {
  const known = new WeakMap<Attempt, Attempt>()
  return attempt => {
    const found = known.get(attempt)
    if (found) return found
    const made = make(attempt)
    // Others are made for one request: to remember them would cost more than to make them.
    if (Object.isFrozen(attempt)) known.set(attempt, Object.freeze(made))
    return made
  }
}
