import type { ProviderGroup } from 'lunaroute'
import { groupNameOf, strategyOf, type WrittenRule, type WrittenStrategy } from './rule.ts'

type Target = ProviderGroup['targets'][number]
type Place = Extract<WrittenStrategy, { readonly type: 'round-robin' }>['providers'][number]

/** The providers of a rule's strategy, as a group; undefined where it has none. */
export function groupOf(rule: WrittenRule): ProviderGroup | undefined {
  const strategy = strategyOf(rule)
  if (!strategy) return undefined
  const { type } = strategy
  const backoff = type === 'limits-alternative' ? strategy.exponential_backoff_base_secs : undefined
  return {
    name: groupNameOf(rule),
    strategy: type,
    targets: targetsOf(strategy),
    ...(backoff !== undefined && { exponential_backoff_base_secs: backoff }),
  }
}

/** In the order they are written in. A target without a name has none here. */
export function targetsOf(strategy: WrittenStrategy): readonly Target[] {
  if (strategy.type === 'round-robin') return strategy.providers.map(targetAt)
  if (strategy.type === 'limits-alternative') {
    return [...strategy.primary_providers, ...(strategy.alternative_providers ?? [])].map(targetAt)
  }
  return strategy.providers.map(({ id, provider = id ?? '', model, weight }) => ({
    provider,
    ...(model !== undefined && { model }),
    weight,
  }))
}

function targetAt(place: Place): Target {
  if (typeof place === 'string') return { provider: place }
  return 'id' in place ? { provider: place.id, ...(place.model !== undefined && { model: place.model }) } : place
}
