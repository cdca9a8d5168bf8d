import { definePlugin, GatewayError, ModelPatterns, type Static, Type } from 'lunaroute'
import { type Catalog, listing } from './listing.ts'

const target = Type.Object(
  {
    provider: Type.String({ minLength: 1 }),
    model: Type.Optional(Type.String({ minLength: 1 })),
    api_model: Type.Optional(Type.String({ minLength: 1, description: 'Another spelling of `model`.' })),
  },
  { additionalProperties: false },
)

export type ModelTarget = Static<typeof target>

/** Models of these names are not served. */
const closed = Type.Literal(false)

/** How many models an answer names that asks for one there is not. */
const NAMED = 50

/** Sends models to providers, by the map in the config's `models`, and lists those it names. */
export default definePlugin({
  name: 'model-map',
  section: 'models',
  options: Type.Record(Type.String({ minLength: 1 }), Type.Union([target, closed]), { default: {} }),
  check: (map, { providers, didYouMean }) =>
    Object.entries(map).flatMap(([name, entry]) => {
      if (entry === false) return []
      const { provider, model, api_model: apiModel } = entry
      if (model !== undefined && apiModel !== undefined) {
        return [{ path: [name, 'api_model'], message: 'says the same as "model"; keep one of them' }]
      }
      if (providers.includes(provider)) return []
      const message = `no provider is called "${provider}"${didYouMean(provider, providers)}`
      return [{ path: [name, 'provider'], message }]
    }),
  setup(map, api) {
    const targets = new ModelPatterns(Object.entries(map))
    const named = Object.entries(map).filter((entry): entry is [string, ModelTarget] => isNamed(entry))
    const catalog: Catalog = {
      named,
      find: model => targets.find(model),
      isClosed: map['*'] === false,
      createdAt: Math.floor(Date.parse(api.gateway.startedAt) / 1000),
      unknown: model => unknown(model, named),
    }
    return {
      ingress: exchange => listing(exchange, catalog),
      route(_plan, request) {
        const found = request?.model === undefined ? undefined : targets.find(request.model)
        if (found === false) throw unknown(request!.model!, named)
        if (!found) return undefined
        const { provider } = found
        // Gemini lists its models with this prefix, and takes them in its paths without.
        const model = (found.model ?? found.api_model)?.replace(/^models\//, '')
        return [{ provider, ...(model !== undefined && { model }), headers: {} }]
      },
    }
  },
})

function isNamed([name, entry]: readonly [string, ModelTarget | false]): boolean {
  return entry !== false && !/[*?]/.test(name)
}

/** In the words of OpenAI's API, whose clients know the code. */
function unknown(model: string, named: readonly (readonly [string, unknown])[]): GatewayError {
  const names = named.slice(0, NAMED).map(([name]) => name)
  const rest = named.length > NAMED ? `, and ${named.length - NAMED} more` : ''
  const known = names.length === 0 ? 'none is' : `there are ${names.join(', ')}${rest}`
  const message = `the model "${model}" is not configured on this gateway: ${known}`
  return new GatewayError('model_not_found', 404, message, { param: 'model' })
}
