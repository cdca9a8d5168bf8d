/** Label values that clients or providers choose: what goes beyond a number of distinct ones becomes `other`. */
export class BoundedValues {
  readonly #known = new Set<string>()

  /** The value where it is known or, unless `isNewWelcome` is false, there is room for it. */
  admit(value: string, limit: number, isNewWelcome = true): string {
    if (this.#known.has(value)) return value
    if (!isNewWelcome || this.#known.size >= limit || value.length > MAX_LENGTH || KEY.test(value)) return OTHER
    this.#known.add(value)
    return value
  }
}

const OTHER = 'other'
/** A key that somebody wrote where a name belongs is not for everybody who reads metrics. */
const KEY = /\b(?:(?:sk|pk|rk|gsk|ghp|gho|ghs|ghu|xox[abpr])[-_][\w-]{16,}|AIza[\w-]{30,}|AKIA[A-Z0-9]{16})/
const MAX_LENGTH = 200
