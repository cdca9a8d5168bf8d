import { Backoffs } from './backoffs.ts'
import { Counts } from './counts.ts'
import { Latencies } from './latencies.ts'
import { Limits } from './limits.ts'
import { Rotation } from './rotation.ts'

/** What outlives a reload. */
export class BalanceState {
  readonly latencies = new Latencies()
  readonly limits = new Limits()
  readonly rateLimits = new Counts(['provider', 'model'])
  readonly alternatives = new Counts(['primary_provider', 'alternative_provider', 'model'])
  readonly backoffs = new Backoffs()
  readonly #rotations = new Map<string, Rotation>()

  rotation(group: string): Rotation {
    let rotation = this.#rotations.get(group)
    if (!rotation) {
      rotation = new Rotation()
      this.#rotations.set(group, rotation)
    }
    return rotation
  }
}
