import type { Sample } from 'lunaroute'

/** Models to tell apart; further ones are `other`. */
const MAX_MODELS = 200
const SEPARATOR = '\n'

/** Counts by labels, one of which is a model's name, which clients choose. */
export class Counts<L extends string> {
  readonly #labels: readonly L[]
  readonly #values = new Map<string, number>()
  readonly #models = new Set<string>()

  constructor(labels: readonly L[]) {
    this.#labels = labels
  }

  add(labels: Readonly<Record<L | 'model', string>>): void {
    const model = this.#admit(labels.model)
    const key = this.#labels.map(each => (each === 'model' ? model : labels[each])).join(SEPARATOR)
    this.#values.set(key, (this.#values.get(key) ?? 0) + 1)
  }

  *samples(): Iterable<Sample> {
    for (const [key, value] of this.#values) {
      const values = key.split(SEPARATOR)
      yield { labels: Object.fromEntries(this.#labels.map((label, i) => [label, values[i]!])), value }
    }
  }

  #admit(model: string): string {
    if (this.#models.has(model)) return model
    if (this.#models.size >= MAX_MODELS || model.length > 200 || model.includes(SEPARATOR)) return 'other'
    this.#models.add(model)
    return model
  }
}
