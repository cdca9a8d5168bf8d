import { createHash } from 'node:crypto'
import { definePlugin, defineSlot, GatewayError, Type } from 'lunaroute'

/** The team whose key a request brought. */
export const team = defineSlot('team', () => ({ name: '' }))

/** Lets in whoever brings a key that it knows by its SHA-256 hash. Providers get the gateway's own key instead. */
export default definePlugin({
  name: 'team-key',
  capabilities: ['credentials'],
  options: Type.Object({ teams: Type.Record(Type.String(), Type.String({ pattern: '^[0-9a-f]{64}$' })) }),
  setup({ teams }, api) {
    const names = new Map(Object.entries(teams).map(([name, hash]) => [hash, name]))
    return {
      ingress: {
        stage: 'early',
        handler(exchange) {
          for (const { value } of api.credentials(exchange)) {
            const key = value.replace(/^Bearer /i, '')
            const name = names.get(createHash('sha256').update(key).digest('hex'))
            if (name === undefined) continue
            exchange.use(team).name = name
            return api.withholdCredentials(exchange)
          }
          throw new GatewayError('TEAM_KEY', 401, 'this gateway needs the key of a team; ask for one in #platform')
        },
      },
    }
  },
})
