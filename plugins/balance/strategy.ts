import type { Exchange, LlmRequest } from 'lunaroute'
import { type Affinity, affinityOf } from './affinity.ts'
import type { Latencies } from './latencies.ts'
import type { GroupOptions, StrategyName } from './options.ts'
import type { Prices } from './prices.ts'
import { rendezvous } from './rendezvous.ts'
import type { Rotation } from './rotation.ts'
import type { Target } from './target.ts'

/** What strategies look at. */
export interface Sights {
  readonly latencies: Latencies
  readonly rotation: Rotation
  readonly prices: Prices
}

/** The targets in the order they should be tried in; those given are available. */
export type Strategy = (
  targets: readonly Target[],
  request: LlmRequest | null,
  exchange: Exchange,
  model: string | undefined,
) => readonly Target[]

const BY: readonly Affinity[] = ['session', 'user', 'prefix']

export function strategyOf(options: GroupOptions, sights: Sights): Strategy {
  const by: readonly Affinity[] = options.by ?? BY
  const { latencies, rotation, prices } = sights
  const strategies: Readonly<Record<StrategyName, Strategy>> = {
    ordered: targets => targets,
    'limits-alternative': targets => targets,
    'round-robin': targets => rotation.next(targets),
    'weighted-round-robin': targets => rotation.nextByWeight(targets),
    'least-latency': targets => byLatency(targets, latencies),
    cheapest: (targets, _request, _exchange, model) => prices.cheapestFirst(targets, model),
    sticky: (targets, request, exchange) => {
      const affinity = affinityOf(by, request, exchange)
      return affinity ? rendezvous(affinity, targets) : rotation.next(targets)
    },
  }
  return strategies[options.strategy ?? 'round-robin']
}

/** Of two targets chosen at random the less loaded one first: whoever seems best is not overrun by everybody. */
function byLatency(targets: readonly Target[], latencies: Latencies): readonly Target[] {
  if (targets.length < 2) return targets
  const now = performance.now()
  const i = Math.floor(Math.random() * targets.length)
  const j = (i + 1 + Math.floor(Math.random() * (targets.length - 1))) % targets.length
  const [one, two] = [targets[i]!, targets[j]!]
  const isOneBetter = latencies.load(one.key, now) <= latencies.load(two.key, now)
  return [...(isOneBetter ? [one, two] : [two, one]), ...targets.filter(each => each !== one && each !== two)]
}
