import { performance } from 'node:perf_hooks'
import type { AttemptOutcome } from 'lunaroute'
import type { HealthRules, ProviderHealth } from './health.ts'
import { hasWorked } from './verdict.ts'

/** Counts what an attempt has come to. */
export function count(outcome: AttemptOutcome, health: ProviderHealth, rules: HealthRules, isPerModel: boolean): void {
  const works = hasWorked(outcome)
  if (works === undefined) return
  const { provider, startedAt, answeredAt } = outcome
  const now = performance.now()
  const windows = [health.provider(provider, rules.window)]
  if (isPerModel) windows.push(health.model(provider, outcome.model ?? '', rules.window))
  for (const window of windows) {
    window.add(works, now)
    if (works && answeredAt !== undefined) window.addLatency(answeredAt - startedAt, now)
  }
}
