import { definePlugin } from 'lunaroute'

/** Gives requests that nobody waits for more time and more tries. */
export default definePlugin({
  name: 'patient-batch',
  setup: () => ({
    route(plan, _request, exchange) {
      if (exchange.head.get('x-batch') === undefined) return undefined
      return plan.map(attempt => ({
        ...attempt,
        retry: { limit: 6, on: ['connect', 'stale', 'reset', 429, 503, 529], delay: 500 },
        timeouts: { headers: 600_000, idle: 0 },
      }))
    },
  }),
})
