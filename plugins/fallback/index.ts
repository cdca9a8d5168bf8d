import {
  type Attempt,
  definePlugin,
  derivedPlan,
  type Hold,
  ModelPatterns,
  meterService,
  type Operation,
  type Plan,
} from 'lunaroute'
import { type FallbackOptions, type FallbackTarget, fallbackOptions } from './options.ts'
import { Takeovers } from './takeovers.ts'

export type { FallbackOptions }

/** Lets another provider or model answer when one fails, as long as the client has not been told anything. */
export default definePlugin({
  name: 'fallback',
  section: 'fallback',
  options: fallbackOptions,
  check: ({ chains, providers: standIns }, { providers, didYouMean }) => {
    const unknown = (name: string, path: readonly (string | number)[]) =>
      providers.includes(name)
        ? []
        : [{ path, message: `no provider is called "${name}"${didYouMean(name, providers)}` }]
    return [
      ...Object.entries(chains).flatMap(([pattern, list]) =>
        list.flatMap(({ provider }, i) => unknown(provider, ['chains', pattern, i, 'provider'])),
      ),
      ...Object.entries(standIns).flatMap(([name, list]) => [
        ...unknown(name, ['providers', name]),
        ...list.flatMap((each, i) => unknown(each, ['providers', name, i])),
      ]),
    ]
  },
  setup({ on, chains, providers, first_content_ms, keep_alive_after_ms }, api) {
    const takeovers = api.keep('takeovers', () => new Takeovers())
    const patterns = new ModelPatterns(Object.entries(chains))
    const hold: Hold = { firstContent: first_content_ms, keepAliveAfter: keep_alive_after_ms }
    const resilient = derivedPlan(plan =>
      plan.map(attempt => ({ ...attempt, fallbackOn: attempt.fallbackOn ?? on, hold: attempt.hold ?? hold })),
    )
    const hasChains = Object.keys(chains).length > 0
    api.offer(meterService, {
      name: 'lunaroute_fallback_triggered_total',
      help: 'Attempts that took over from one that had failed, or that could not be made.',
      type: 'counter',
      labels: ['from_provider', 'to_provider', 'reason'],
      read: () => takeovers.samples(),
    })
    return {
      route(plan, request, exchange) {
        if (request === null || plan.length === 0) return undefined
        // What else there is (files, batches, lists) is at its provider and nowhere else.
        const isAnywhere = ANYWHERE.has(request.endpoint.operation)
        const model = isAnywhere && hasChains ? request.model : undefined
        const chain = model === undefined ? undefined : patterns.find(model)
        const whole = isAnywhere ? extended(plan, chain ?? standIns(plan, providers)) : plan
        if (whole.length > 1) exchange.observe(takeovers.observer(whole))
        return resilient(whole)
      },
    }
  },
})

const ANYWHERE: ReadonlySet<Operation> = new Set(['generate', 'count-tokens', 'embeddings'])

function standIns(plan: Plan, providers: FallbackOptions['providers']): readonly FallbackTarget[] {
  const { provider, model } = plan[0]!
  return providers[provider]?.map(name => ({ provider: name, ...(model !== undefined && { model }) })) ?? NOBODY
}

const NOBODY: readonly FallbackTarget[] = []

/** The plan with those targets after it that are not in it. A plan that leads to several places already is complete. */
function extended(plan: Plan, targets: readonly FallbackTarget[]): Plan {
  if (targets.length === 0) return plan
  const [first, ...others] = plan
  if (others.some(each => !isSame(each, first!))) return plan
  const added = targets.filter(target => !isSame(target, first!))
  return added.length === 0 ? plan : [...plan, ...added.map(target => ({ ...target, headers: {} }))]
}

/** Whether two attempts go to the same place; with which key does not matter. */
function isSame(one: Pick<Attempt, 'provider' | 'model'>, other: Pick<Attempt, 'provider' | 'model'>): boolean {
  return one.provider === other.provider && one.model === other.model
}
