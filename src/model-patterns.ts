interface Entry<T> {
  readonly pattern: string
  readonly value: T
  readonly test: RegExp | null
}

/**
 * Values by the names of models, or by patterns in which `*` stands for any text and `?` for one character. What is
 * more specific wins: a name before a pattern, a longer pattern before a shorter one, otherwise the first given.
 */
export class ModelPatterns<T> {
  readonly #entries: readonly Entry<T>[]

  constructor(values: Iterable<readonly [pattern: string, value: T]>) {
    this.#entries = [...values]
      .map(([pattern, value]) => ({ pattern, value, test: /[*?]/.test(pattern) ? toRegExp(pattern) : null }))
      .sort((a, b) => Number(a.test !== null) - Number(b.test !== null) || b.pattern.length - a.pattern.length)
  }

  /** The value of the most specific pattern. */
  find(model: string): T | undefined {
    return this.#entries.find(entry => fits(entry, model))?.value
  }

  /** The values of all patterns that fit, the most specific first. */
  all(model: string): readonly T[] {
    return this.#entries.filter(entry => fits(entry, model)).map(({ value }) => value)
  }
}

function fits({ pattern, test }: Entry<unknown>, model: string): boolean {
  return test ? test.test(model) : pattern === model
}

function toRegExp(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 's')
}
