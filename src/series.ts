/** What a tap comes to: a value, nothing, or the promise of either. What it throws, or rejects with, ends the series. */
export type Step = (first?: unknown, second?: unknown, third?: unknown) => unknown

/**
 * Runs the taps of a series for one call. What they come to is there at once, unless one of them
 * answers later or fails: then there is a promise of it.
 */
export type Series = (steps: readonly Step[]) => (first: unknown, second: unknown, third: unknown) => unknown

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
export const firstAnswer: Series = steps => {
  const from: From = (start, first, second, third) => {
    for (let i = start; i < steps.length; i++) {
      const result = steps[i]!(first, second, third)
      if (isPromise(result)) return after(result, i + 1, first, second, third)
      if (result) return result
    }
    return undefined
  }
  // Apart, as a closure in the loop would have V8 make an object for each turn of it.
  const after: After = (result, next, first, second, third) =>
    result.then(answer => answer || from(next, first, second, third))
  return rejecting(from)
}

/** Each tap gets what the one before it made of the first argument; where a tap says nothing it stays as it is. */
export const handedOn: Series = steps => {
  const from: From = (start, first, second, third) => {
    let value = first
    for (let i = start; i < steps.length; i++) {
      const result = steps[i]!(value, second, third)
      if (isPromise(result)) return after(result, i + 1, value, second, third)
      value = result || value
    }
    return value
  }
  const after: After = (result, next, given, second, third) =>
    result.then(changed => from(next, changed || given, second, third))
  return rejecting(from)
}

type From = (start: number, first: unknown, second: unknown, third: unknown) => unknown

type After = (result: PromiseLike<unknown>, ...rest: Parameters<From>) => unknown

function rejecting(from: From): ReturnType<Series> {
  return (first, second, third) => {
    try {
      return from(0, first, second, third)
    } catch (error) {
      return Promise.reject(error)
    }
  }
}

export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
