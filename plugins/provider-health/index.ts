import { type Attempt, definePlugin, type LlmRequest, statusService, Type, withDefault } from 'lunaroute'
import { count } from './count.ts'
import { type Health, type HealthRules, healthOf, ProviderHealth } from './health.ts'
import { Prober } from './prober.ts'
import { offerStanding, type Standing } from './standing.ts'

const share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description })
const seconds = (description: string) => Type.Number({ exclusiveMinimum: 0, description })

const probes = Type.Object(
  {
    interval_secs: Type.Optional(seconds('Between two probes of a provider. Default 30.')),
    timeout_secs: Type.Optional(seconds('After which one has failed. Default 5.')),
    failures: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Failed probes in a row that make it unhealthy. Default 2.' }),
    ),
    path: Type.Optional(Type.String({ pattern: '^/', description: 'Default: where the dialect lists models.' })),
    providers: Type.Optional(Type.Array(Type.String(), { description: 'Default: those that have a key.' })),
  },
  { additionalProperties: false },
)

/** Knows from what attempts come to how providers stand, and puts those that fail at the end of plans. */
export default definePlugin({
  name: 'provider-health',
  section: 'provider_health',
  options: Type.Object({
    window_secs: withDefault(seconds('How far back it looks.'), 60),
    healthy_threshold: withDefault(share('Success rate at or above which a provider is healthy.'), 0.95),
    unhealthy_threshold: withDefault(share('Success rate below which it is unhealthy.'), 0.75),
    min_requests: withDefault(Type.Integer({ minimum: 1, description: 'Attempts before the rate counts.' }), 10),
    slow_ms: withDefault(
      Type.Number({ minimum: 0, description: 'Time to the first byte that 95 % of answers keep to; 0 for any.' }),
      0,
    ),
    per: withDefault(Type.Union([Type.Literal('provider'), Type.Literal('model')]), 'provider'),
    not_ready: withDefault(
      Type.Union([Type.Literal('never'), Type.Literal('all'), Type.Literal('any')], {
        description: 'Of how many unhealthy providers the gateway is not ready.',
      }),
      'all',
    ),
    probes: Type.Optional(probes),
  }),
  // A request must not fail because nobody knows how its provider stands.
  failure: 'open',
  check: ({ probes: given }, { providers, didYouMean }) =>
    (given?.providers ?? []).flatMap((name, index) => {
      if (providers.includes(name)) return []
      const message = `no provider is called "${name}"${didYouMean(name, providers)}`
      return [{ path: ['probes', 'providers', index], message }]
    }),
  setup(options, api) {
    const { keep, offer, providers } = api
    const health = keep('health', () => new ProviderHealth())
    const rules: HealthRules = {
      window: options.window_secs * 1000,
      healthy: options.healthy_threshold,
      unhealthy: options.unhealthy_threshold,
      least: options.min_requests,
      slow: options.slow_ms,
      failedProbes: options.probes ? (options.probes.failures ?? 2) : Number.POSITIVE_INFINITY,
    }
    const isPerModel = options.per === 'model'
    if (options.probes) {
      const { interval_secs: interval = 30, timeout_secs: timeout = 5, path, providers: names } = options.probes
      const asked = names ?? providers.filter(each => each.hasKey).map(each => each.name)
      const settings = { providers: asked, path, interval: interval * 1000, timeout: timeout * 1000 }
      const prober = new Prober(health, settings, api)
      api.onDispose(() => prober.stop())
    }

    const standing: Standing = {
      of: provider =>
        healthOf(health.provider(provider, rules.window), health.probes(provider), rules, performance.now()),
      health,
      rules,
      isPerModel,
      isProbing: options.probes !== undefined,
    }
    offerStanding(standing, api)
    api.observe({ attemptEnded: outcome => count(outcome, health, rules, isPerModel) })
    offer(statusService, {
      name: 'provider-health',
      read: () => {
        const bad = providers.map(each => each.name).filter(each => standing.of(each) === 'unhealthy')
        if (bad.length === 0) return { state: 'ok' }
        const isFailed = options.not_ready === 'any' || (options.not_ready === 'all' && bad.length === providers.length)
        const message = `One or more providers are unavailable: ${bad.join(', ')}`
        return { state: isFailed ? 'failed' : 'degraded', message }
      },
    })

    const healthFor = ({ provider, model }: Attempt, request: LlmRequest | null): Health => {
      const whole = standing.of(provider)
      if (!isPerModel || whole === 'unhealthy') return whole
      const window = health.model(provider, model ?? request?.modelLabel ?? '', rules.window)
      return healthOf(window, health.probes(provider), rules, performance.now())
    }
    return {
      route: {
        // After those who make the plan.
        stage: 'late',
        handler: (plan, request) => {
          if (plan.length < 2) return undefined
          const isBad = plan.map(each => healthFor(each, request) === 'unhealthy')
          if (!isBad.includes(true) || !isBad.includes(false)) return undefined
          return [...plan.filter((_, i) => !isBad[i]), ...plan.filter((_, i) => isBad[i])]
        },
      },
    }
  },
})
