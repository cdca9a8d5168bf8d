import {
  definePlugin,
  derived,
  derivedPlan,
  ModelPatterns,
  type Static,
  type Timeouts,
  Type,
  withDefault,
} from 'lunaroute'

const milliseconds = (): ReturnType<typeof Type.Integer> => Type.Integer({ minimum: 0, maximum: 86_400_000 })
const limits = {
  /** Until there is a connection. */
  connect_ms: Type.Optional(milliseconds()),
  /** Until the response head of a stream. */
  first_byte_ms: Type.Optional(milliseconds()),
  /** Until the response head of an answer that comes whole, which is when it has been made. */
  answer_ms: Type.Optional(milliseconds()),
  /** Between two pieces of the response body. */
  idle_ms: Type.Optional(milliseconds()),
  /** From sending an attempt to the last byte of its answer. */
  total_ms: Type.Optional(milliseconds()),
}
const limitsSchema = Type.Object(limits, { additionalProperties: false })

const options = Type.Object(
  {
    ...limits,
    providers: withDefault(Type.Record(Type.String({ minLength: 1 }), limitsSchema), {}),
    /** By name or pattern; they win over those of the provider. */
    models: withDefault(Type.Record(Type.String({ minLength: 1 }), limitsSchema), {}),
  },
  { additionalProperties: false },
)

export type TimeoutsOptions = Static<typeof options>
type Limits = Static<typeof limitsSchema>

/** Says how long an attempt may take to connect, to begin its answer, between two pieces of it, and in all. */
export default definePlugin({
  name: 'timeouts',
  section: 'timeouts',
  options,
  check: ({ providers: named }, { providers, didYouMean }) =>
    Object.keys(named).flatMap(name => {
      if (providers.includes(name)) return []
      const message = `no provider is called "${name}"${didYouMean(name, providers)}`
      return [{ path: ['providers', name], message }]
    }),
  setup({ providers, models, ...general }) {
    const patterns = new ModelPatterns(Object.entries(models))
    const hasModels = Object.keys(models).length > 0
    const known = new Map<string, Record<'stream' | 'whole', ReturnType<typeof derived>>>()
    const limitedTo = (timeouts: Timeouts) =>
      derived(attempt => ({
        ...attempt,
        timeouts: attempt.timeouts ? { ...timeouts, ...attempt.timeouts } : timeouts,
      }))
    const limitsOf = (provider: string, model: string | undefined) => {
      const own = model === undefined ? undefined : patterns.find(model)
      const key = own ? `${provider} ${JSON.stringify(own)}` : provider
      let found = known.get(key)
      if (!found) {
        const merged: Limits = { ...general, ...providers[provider], ...own }
        found = { stream: limitedTo(timeoutsOf(merged, true)), whole: limitedTo(timeoutsOf(merged, false)) }
        known.set(key, found)
      }
      return found
    }
    const limited = (kind: 'stream' | 'whole') =>
      derivedPlan(plan => plan.map(attempt => limitsOf(attempt.provider, undefined)[kind](attempt)))
    const [streams, whole] = [limited('stream'), limited('whole')]
    return {
      route: {
        // What other plugins add to the plan has its limits, too.
        stage: 'late',
        handler(plan, request) {
          if (!hasModels) return request?.isStream ? streams(plan) : whole(plan)
          return plan.map(attempt => {
            const model = attempt.model ?? request?.model
            return limitsOf(attempt.provider, model)[request?.isStream ? 'stream' : 'whole'](attempt)
          })
        },
      },
    }
  },
})

function timeoutsOf({ connect_ms, first_byte_ms, answer_ms, idle_ms, total_ms }: Limits, isStream: boolean): Timeouts {
  const headers = isStream ? first_byte_ms : answer_ms
  return {
    ...(connect_ms !== undefined && { connect: connect_ms }),
    ...(headers !== undefined && { headers }),
    ...(idle_ms !== undefined && { idle: idle_ms }),
    ...(total_ms !== undefined && { total: total_ms }),
  }
}
