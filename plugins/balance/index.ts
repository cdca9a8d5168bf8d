import { definePlugin, meterService, providerStatusService, statusService } from 'lunaroute'
import { Balancer } from './balancer.ts'
import { problemsOf, options as schema } from './options.ts'
import { BalanceState } from './state.ts'
import { countLimits } from './watch.ts'

/** Spreads requests over providers that stand for each other, and over the keys of each. */
export default definePlugin({
  name: 'balance',
  section: 'balance',
  options: schema,
  check: problemsOf,
  setup(options, api) {
    const { keep, offer } = api
    const state = keep('state', () => new BalanceState())
    const balancer = new Balancer(options, state, api)

    offer(providerStatusService, provider => {
      const ring = balancer.rings.get(provider)
      return ring && { key_states: ring.counts() }
    })
    offer(statusService, {
      name: 'balance',
      read: () => {
        const now = performance.now()
        const groups = balancer.groups.map(group => [
          group.name,
          group.targets.map(target => ({
            provider: target.provider,
            model: target.model,
            limited_for_seconds: Math.ceil(group.wait(target, now) / 1000),
            answers_in_ms: rounded(state.latencies.average(target.key)),
          })),
        ])
        const keys = Object.fromEntries([...balancer.rings].map(([name, ring]) => [name, ring.counts()]))
        const bad = Object.keys(keys).filter(name => keys[name]!.usable === 0)
        const details = { groups: Object.fromEntries(groups), keys }
        if (bad.length === 0) return { state: 'ok', details }
        return { state: 'degraded', message: `no key is good any more at: ${bad.join(', ')}`, details }
      },
    })
    offer(meterService, {
      name: 'lunaroute_rate_limits_total',
      help: 'Attempts that were answered with 429.',
      type: 'counter',
      labels: ['provider', 'model'],
      read: () => state.rateLimits.samples(),
    })
    offer(meterService, {
      name: 'lunaroute_rate_limit_alternatives_used_total',
      help: "Requests that another target answered because a group's first one was limited.",
      type: 'counter',
      labels: ['primary_provider', 'alternative_provider', 'model'],
      read: () => state.alternatives.samples(),
    })
    offer(meterService, {
      name: 'lunaroute_rate_limit_backoff_seconds',
      help: 'For how long a target that answered 429 is left alone.',
      type: 'histogram',
      labels: ['provider'],
      read: () => state.backoffs.samples(),
    })

    api.observe({ attemptEnded: outcome => countLimits(outcome, state, balancer.rings) })
    return { route: (plan, request, exchange) => balancer.reshape(plan, request, exchange) }
  },
})

function rounded(milliseconds: number | undefined): number | undefined {
  return milliseconds && Math.round(milliseconds)
}
