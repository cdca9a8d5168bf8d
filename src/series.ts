/** What a tap comes to: a value, nothing, or the promise of either. What it throws, or rejects with, ends the series. */
export type Step = (first?: unknown, second?: unknown, third?: unknown) => unknown

/** Runs the taps of a series for one call. */
export type Series = (steps: readonly Step[]) => (first: unknown, second: unknown, third: unknown) => Promise<unknown>

/**
 * Has an asynchronous hook run its taps in a loop. `compile` is what tapable's kinds of hook differ in; the code that its
 * series come to makes a closure or two for every tap in every call, for taps that nearly all answer at once.
 */
export function asLoop<T extends object>(hook: T, series: Series): T {
  const { compile } = hook as Compiled
  const looped: Compiled['compile'] = options =>
    options.type === 'promise' ? series(options.taps.map(each => each.fn)) : compile(options)
  return Object.assign(hook, { compile: looped })
}

/** Not among tapable's types, but what its own kinds are made with. */
interface Compiled {
  compile(options: { readonly type: string; readonly taps: readonly { readonly fn: Step }[] }): unknown
}

/** The first answer ends it. Null, false and 0 are none: one plugin in JavaScript could so switch off those after it. */
export const firstAnswer: Series = steps => async (first, second, third) => {
  // By index: in an asynchronous function V8 keeps the iterator of a list, and what it yields, as objects.
  for (let i = 0; i < steps.length; i++) {
    const result = steps[i]!(first, second, third)
    const answer = isPromise(result) ? await result : result
    if (answer) return answer
  }
  return undefined
}

/** Each tap gets what the one before it made of the first argument; where a tap says nothing it stays as it is. */
export const handedOn: Series = steps => async (first, second, third) => {
  let value = first
  for (let i = 0; i < steps.length; i++) {
    const result = steps[i]!(value, second, third)
    value = (isPromise(result) ? await result : result) || value
  }
  return value
}

export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
