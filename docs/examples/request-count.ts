import { definePlugin } from 'lunaroute'

/** Counts requests by model, across reloads, and shows the counts at `/counts`. */
export default definePlugin({
  name: 'request-count',
  setup(_options, api) {
    const counts = api.keep('counts', () => new Map<string, number>())
    return {
      ingress({ head }) {
        if (head.path === '/counts') return { status: 200, body: Object.fromEntries(counts) }
      },
      record({ request }) {
        const model = request?.model
        if (model) counts.set(model, (counts.get(model) ?? 0) + 1)
      },
    }
  },
})
