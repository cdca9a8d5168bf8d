import type { Target } from './target.ts'

/** Whose turn it is in one group. Lives as long as the gateway; targets that are new begin at nothing. */
export class Rotation {
  #turn = 0
  readonly #current = new Map<string, number>()

  /** The targets from the next one on, and round. */
  next(targets: readonly Target[]): readonly Target[] {
    const at = this.#turn++ % targets.length
    return at === 0 ? targets : [...targets.slice(at), ...targets.slice(0, at)]
  }

  /**
   * nginx's smooth weighted round robin: each target gains its weight, and the one with most has its turn and pays the
   * weights of all. Weights 5, 1, 1 come as a a b a c a a, where counting would give a a a a a b c.
   */
  nextByWeight(targets: readonly Target[]): readonly Target[] {
    let total = 0
    let best = targets[0]!
    let most = Number.NEGATIVE_INFINITY
    for (const each of targets) {
      const current = (this.#current.get(each.key) ?? 0) + each.weight
      this.#current.set(each.key, current)
      total += each.weight
      if (each.weight > 0 && current > most) {
        best = each
        most = current
      }
    }
    if (total > 0) this.#current.set(best.key, most - total)
    const others = targets.filter(each => each !== best)
    const left = (each: Target) => (each.weight > 0 ? this.#current.get(each.key)! : Number.NEGATIVE_INFINITY)
    return [best, ...others.sort((a, b) => (left(a) === left(b) ? 0 : left(b) - left(a)))]
  }
}
