import type { Attempt, Plan } from './exchange.ts'

/**
 * Makes attempts out of attempts, and out of each frozen one only once. The attempts of a configuration are frozen and
 * come again with every request, so what a plugin always adds to them need not be added each time.
 */
export function derived(make: (attempt: Attempt) => Attempt): (attempt: Attempt) => Attempt {
  return remembered(make)
}

/** The same for whole plans: out of each frozen one, a frozen one. */
export function derivedPlan(make: (plan: Plan) => Plan): (plan: Plan) => Plan {
  return remembered(make)
}

function remembered<T extends object>(make: (given: T) => T): (given: T) => T {
  const known = new WeakMap<T, T>()
  return given => {
    const found = known.get(given)
    if (found) return found
    const made = make(given)
    // Others are made for one request: to remember them would cost more than to make them.
    if (Object.isFrozen(given)) known.set(given, Object.freeze(made))
    return made
  }
}
