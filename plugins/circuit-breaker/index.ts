import { definePlugin, meterService, providerStatusService, statusService, Type, withDefault } from 'lunaroute'
import { Breaker } from './breaker.ts'
import type { CircuitRules, CircuitState } from './circuit.ts'
import { Circuits, type Named } from './circuits.ts'

const NUMBERS: Readonly<Record<CircuitState, number>> = { closed: 0, open: 1, 'half-open': 2 }

/** What a failure may be called in the option `counts`. */
const KIND = Type.Union([
  Type.Literal('5xx'),
  Type.Literal('connect'),
  Type.Literal('reset'),
  Type.Literal('timeout'),
  Type.Literal('protocol'),
  Type.Literal('cut'),
  Type.Integer({ minimum: 400, maximum: 599 }),
])

/** Leaves providers alone that fail, and finds out with one request at a time whether they work again. */
export default definePlugin({
  name: 'circuit-breaker',
  section: 'circuit_breaker',
  options: Type.Object({
    failure_threshold: withDefault(Type.Integer({ minimum: 1, description: 'Failures in a row that open it.' }), 5),
    success_threshold: withDefault(Type.Integer({ minimum: 1, description: 'Probes that close it again.' }), 2),
    timeout_secs: withDefault(
      Type.Number({ exclusiveMinimum: 0, description: 'How long it stays open before the next probe.' }),
      60,
    ),
    error_rate: withDefault(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description: 'Share of failures in the window that opens it; 0 for none.',
      }),
      0.5,
    ),
    window_secs: withDefault(Type.Number({ exclusiveMinimum: 0 }), 60),
    min_requests: withDefault(
      Type.Integer({ minimum: 1, description: 'Attempts in the window before the rate counts.' }),
      20,
    ),
    probe_stream_secs: withDefault(
      Type.Number({ minimum: 0, description: "How long a probe's answer streams before it counts as a success." }),
      5,
    ),
    per: withDefault(Type.Union([Type.Literal('provider'), Type.Literal('model')]), 'provider'),
    counts: withDefault(Type.Array(KIND, { description: 'Failures, statuses, and `5xx`, that count.' }), [
      '5xx',
      'connect',
      'reset',
      'timeout',
      'protocol',
      'cut',
    ]),
  }),
  // A breaker that breaks must not take the requests with it.
  failure: 'open',
  setup(options, { keep, offer, log, observe, onDispose, providers }) {
    const circuits = keep('circuits', () => new Circuits())
    const rules: CircuitRules = {
      failures: options.failure_threshold,
      successes: options.success_threshold,
      pause: options.timeout_secs * 1000,
      streamed: options.probe_stream_secs * 1000,
      rate: options.error_rate,
      least: options.min_requests,
      window: options.window_secs * 1000,
    }
    const isPerModel = options.per === 'model'
    const places = new Map(providers.map(({ name, baseUrl }) => [name, `${name}\n${baseUrl}`]))
    onDispose(circuits.hold(places))
    const breaker = new Breaker(circuits, { rules, isPerModel, counted: new Set(options.counts), places })
    circuits.report = ({ provider, model }, from, to) => {
      log[to === 'open' ? 'warn' : 'info']({ provider, model, from, to }, `the circuit of ${provider} is ${to}`)
    }
    observe(breaker)
    const now = () => performance.now()
    /** Those of this generation's providers, in its way of counting. */
    const known = () => circuits.at(places).filter(each => (each.model !== undefined) === isPerModel)

    offer(providerStatusService, provider => {
      const own = known().filter(each => each.provider === provider)
      const worst = own.map(each => each.circuit.state).sort((a, b) => RANK.indexOf(a) - RANK.indexOf(b))[0]
      const open = own.filter(each => each.circuit.state !== 'closed').map(each => shown(each, rules, now()))
      return { circuit: worst ?? 'closed', ...(open.length > 0 && { circuits: open }) }
    })
    offer(statusService, {
      name: 'circuit-breaker',
      read: () => {
        const open = known().filter(each => each.circuit.state !== 'closed')
        if (open.length === 0) return { state: 'ok' }
        const names = [...new Set(open.map(each => each.provider))].join(', ')
        const message = `circuits are open: ${names}`
        return { state: 'degraded', message, details: { circuits: open.map(each => shown(each, rules, now())) } }
      },
    })
    offer(meterService, {
      name: 'lunaroute_circuit_breaker_state',
      help: 'Of the circuits of a provider the worst: 0 closed, 1 open, 2 half-open.',
      type: 'gauge',
      labels: isPerModel ? ['provider', 'model'] : ['provider'],
      read: () => {
        const samples = known().map(({ provider, model, circuit }) => ({
          labels: { provider, ...(model !== undefined && { model }) },
          value: NUMBERS[circuit.state],
        }))
        if (isPerModel) return samples
        const quiet = providers.filter(({ name }) => !samples.some(({ labels }) => labels.provider === name))
        return [...samples, ...quiet.map(({ name }) => ({ labels: { provider: name }, value: NUMBERS.closed }))]
      },
    })
    offer(meterService, {
      name: 'lunaroute_circuit_breaker_transitions_total',
      help: 'Changes of state.',
      type: 'counter',
      labels: ['provider', 'from_state', 'to_state'],
      read: () =>
        [...circuits.transitions()].map(({ provider, from, to, count }) => ({
          labels: { provider, from_state: from, to_state: to },
          value: count,
        })),
    })

    return {
      route: {
        // After those who make the plan.
        stage: 'late',
        handler: (plan, request) => (plan.length === 0 ? undefined : breaker.reshape(plan, request)),
      },
    }
  },
})

const RANK: readonly CircuitState[] = ['open', 'half-open', 'closed']

function shown({ model, provider, circuit }: Named, rules: CircuitRules, now: number) {
  return {
    provider,
    ...(model !== undefined && { model }),
    state: circuit.state,
    open_for_seconds: Math.round((now - circuit.openedAt) / 1000),
    next_probe_in_seconds: Math.ceil(circuit.wait(rules, now) / 1000),
  }
}
