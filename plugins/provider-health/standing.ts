import { meterService, type PluginApi, providerStatusService } from 'lunaroute'
import { type Health, type HealthRules, healthOf, type ProviderHealth } from './health.ts'

/** How providers stand, as those see it who ask from outside. */
export interface Standing {
  of(provider: string): Health
  readonly health: ProviderHealth
  readonly rules: HealthRules
  readonly isPerModel: boolean
  readonly isProbing: boolean
}

const NUMBERS: Readonly<Record<Health, number>> = { unknown: 0, healthy: 1, degraded: 2, unhealthy: 3 }

/** Offers it to the pages that show it. */
export function offerStanding(standing: Standing, { offer, providers }: PluginApi): void {
  const { health, rules } = standing
  const names = providers.map(each => each.name)
  const rateOf = (name: string, now: number) => {
    const { ok, failed } = health.provider(name, rules.window).recent(now)
    return ok + failed === 0 ? undefined : ok / (ok + failed)
  }
  offer(providerStatusService, provider => {
    const now = performance.now()
    const window = health.provider(provider, rules.window)
    const { ok, failed } = window.recent(now)
    return {
      status: standing.of(provider),
      success_rate: rateOf(provider, now) ?? null,
      recent: { ok, failed, p50_ms: window.latency(0.5, now), p95_ms: window.latency(0.95, now) },
      ...(standing.isPerModel && { models: modelsOf(standing, provider, now) }),
      ...(standing.isProbing && { probe: probeOf(standing, provider, now) }),
    }
  })
  offer(meterService, {
    name: 'lunaroute_provider_health_status',
    help: '0 unknown, 1 healthy, 2 degraded, 3 unhealthy.',
    type: 'gauge',
    labels: ['provider'],
    read: () => names.map(provider => ({ labels: { provider }, value: NUMBERS[standing.of(provider)] })),
  })
  offer(meterService, {
    name: 'lunaroute_provider_success_rate',
    help: 'Share of recent attempts that worked; absent while there are none.',
    type: 'gauge',
    labels: ['provider'],
    read: () =>
      names.flatMap(provider => {
        const value = rateOf(provider, performance.now())
        return value === undefined ? [] : [{ labels: { provider }, value }]
      }),
  })
  if (!standing.isProbing) return
  offer(meterService, {
    name: 'lunaroute_provider_probes_total',
    help: 'Probes, by what came of them.',
    type: 'counter',
    labels: ['provider', 'result'],
    read: () =>
      names.flatMap(provider => {
        const { ok, failed } = health.probes(provider)
        return [
          { labels: { provider, result: 'ok' }, value: ok },
          { labels: { provider, result: 'failed' }, value: failed },
        ]
      }),
  })
}

/** The models that attempts have been made for. */
function modelsOf({ health, rules }: Standing, provider: string, now: number) {
  return health.models(provider).map(({ model, window }) => ({
    model,
    status: healthOf(window, health.probes(provider), rules, now),
    ...window.recent(now),
  }))
}

function probeOf({ health }: Standing, provider: string, now: number) {
  const { sentAt, last, milliseconds, failedInARow } = health.probes(provider)
  if (last === undefined) return undefined
  return {
    last,
    milliseconds: Math.round(milliseconds ?? 0),
    failed_in_a_row: failedInARow,
    seconds_ago: Math.round((now - sentAt) / 1000),
  }
}
