import { definePlugin, ModelPatterns, type Static, Type } from 'lunaroute'
import { listing } from './listing.ts'

const target = Type.Object(
  {
    provider: Type.String({ minLength: 1 }),
    model: Type.Optional(Type.String({ minLength: 1 })),
  },
  { additionalProperties: false },
)

export type ModelTarget = Static<typeof target>

/** Sends models to providers, by the map in the config's `models`, and lists those it names. */
export default definePlugin({
  name: 'model-map',
  section: 'models',
  options: Type.Record(Type.String({ minLength: 1 }), target, { default: {} }),
  check: (map, { providers, didYouMean }) =>
    Object.entries(map).flatMap(([name, { provider }]) => {
      if (providers.includes(provider)) return []
      const message = `no provider is called "${provider}"${didYouMean(provider, providers)}`
      return [{ path: [name, 'provider'], message }]
    }),
  setup(map, api) {
    const targets = new ModelPatterns(Object.entries(map))
    const named = Object.entries(map).filter(([name]) => !/[*?]/.test(name))
    const createdAt = Math.floor(Date.parse(api.gateway.startedAt) / 1000)
    return {
      ingress: exchange => (named.length > 0 ? listing(exchange, named, createdAt) : undefined),
      route(_plan, request) {
        const found = request?.model === undefined ? undefined : targets.find(request.model)
        if (!found) return undefined
        const { provider, model } = found
        return [{ provider, ...(model !== undefined && { model }), headers: {} }]
      },
    }
  },
})
