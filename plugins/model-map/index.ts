import { definePlugin, ModelPatterns, type Static, Type } from 'lunaroute'
import { listing } from './listing.ts'

const target = Type.Object(
  {
    provider: Type.String({ minLength: 1 }),
    model: Type.Optional(Type.String({ minLength: 1 })),
    api_model: Type.Optional(Type.String({ minLength: 1, description: 'Another spelling of `model`.' })),
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
    Object.entries(map).flatMap(([name, { provider, model, api_model: apiModel }]) => {
      if (model !== undefined && apiModel !== undefined) {
        return [{ path: [name, 'api_model'], message: 'says the same as "model"; keep one of them' }]
      }
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
        const { provider } = found
        // Gemini lists its models with this prefix, and takes them in its paths without.
        const model = (found.model ?? found.api_model)?.replace(/^models\//, '')
        return [{ provider, ...(model !== undefined && { model }), headers: {} }]
      },
    }
  },
})
