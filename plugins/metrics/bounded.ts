/** Label values that clients or providers choose: what goes beyond a number of distinct ones becomes `other`. */
export class BoundedValues {
  readonly #known = new Set<string>()

  /** The value where it is known or, unless `isNewWelcome` is false, there is room for it. */
  admit(value: string, limit: number, isNewWelcome = true): string {
    if (this.#known.has(value)) return value
    if (!isNewWelcome || this.#known.size >= limit || value.length > MAX_LENGTH) return OTHER
    this.#known.add(value)
    return value
  }
}

const OTHER = 'other'
const MAX_LENGTH = 200
