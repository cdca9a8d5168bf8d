import { definePlugin, type Retry, type Timeouts, Type, withDefault } from 'lunaroute'

/** Gives every attempt of a plan short limits or other retries: tests cannot wait for the usual ones. */
export const limitAttempts = definePlugin({
  name: 'limit-attempts',
  options: Type.Object({
    headers: withDefault(Type.Integer(), 0),
    idle: withDefault(Type.Integer(), 0),
    retries: withDefault(Type.Integer(), 0),
    delay: withDefault(Type.Integer(), 0),
  }),
  setup({ headers, idle, retries, delay }) {
    const timeouts: Timeouts = { headers, idle }
    const retry: Retry = { limit: retries, on: ['connect', 'reset', 503], delay }
    return {
      route: plan => plan.map(attempt => ({ ...attempt, timeouts, retry })),
    }
  },
})
