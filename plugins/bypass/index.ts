import { ConfigError, definePlugin, type Hooks, type Plan, Type, withDefault } from 'lunaroute'
import { carriesCredential } from './credential.ts'

/** Forwards what no dialect serves to the provider it was written for. */
export default definePlugin({
  name: 'bypass',
  section: 'bypass',
  options: Type.Object({
    enabled: withDefault(Type.Boolean(), true),
    provider: Type.Optional(Type.String({ minLength: 1, description: 'Where everything goes, whoever claims it.' })),
    except: withDefault(
      Type.Array(Type.String({ pattern: '^/' }), { description: 'Paths, with what is below them, that stay here.' }),
      ['/api/event_logging'],
    ),
  }),
  env: { LUNAROUTE_BYPASS_ENABLED: 'enabled', LUNAROUTE_BYPASS_PROVIDER: 'provider' },
  setup({ enabled, provider: chosen, except }, { dialects, providers }): Hooks {
    if (!enabled) return {}
    if (chosen !== undefined && !providers.some(each => each.name === chosen)) {
      const known = providers.map(each => each.name).join(', ')
      throw new ConfigError(`bypass.provider names no provider: "${chosen}"; there are ${known || 'none'}`)
    }
    const planFor = (provider: string): Plan => [{ provider, headers: {} }]
    return {
      route(plan, _request, { endpoint, head, dialect }) {
        if (endpoint !== null || plan.length > 0) return
        if (except.some(path => head.path === path || head.path.startsWith(`${path}/`))) return
        if (dialect.claims(head)) {
          const provider = chosen ?? providers.find(each => each.dialects.includes(dialect.name))?.name
          return provider === undefined ? undefined : planFor(provider)
        }
        // Claimed by a dialect that this listener does not serve, or by none, as a browser asks for /favicon.ico.
        if (dialects.some(each => each.claims(head)) || !carriesCredential(head, dialects)) return
        return chosen === undefined ? undefined : planFor(chosen)
      },
    }
  },
})
