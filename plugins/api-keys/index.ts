import { callerSlot, definePlugin, GatewayError, Type } from 'lunaroute'
import { KeyRing } from './key-ring.ts'

const key = Type.Object(
  {
    key: Type.String({ minLength: 1, description: 'What clients send.' }),
    name: Type.String({ minLength: 1, maxLength: 200, description: 'Who it is for; in logs and metrics.' }),
    enabled: Type.Optional(Type.Boolean({ description: 'Whether it lets in. Default true.' })),
  },
  { additionalProperties: false },
)

/** Lets in clients whose key is in the config. Providers get the gateway's own keys. */
export default definePlugin({
  name: 'api-keys',
  section: 'api_keys',
  capabilities: ['credentials'],
  options: Type.Array(key, { default: [] }),
  check: keys =>
    keys.flatMap((each, index) => {
      const isRepeated = keys.slice(0, index).some(earlier => earlier.key === each.key)
      return isRepeated ? [{ path: [index, 'key'], message: 'is the key of an earlier entry' }] : []
    }),
  setup(keys, api) {
    const ring = new KeyRing(keys)
    // No error: taking away the last key must not be refused, or the key would go on to be good.
    if (ring.size === 0) api.log.warn('no key in api_keys is enabled, so every request is refused')
    return {
      ingress(exchange) {
        for (const { value } of api.credentials(exchange)) {
          const holder = ring.find(value.replace(/^bearer +/i, ''))
          if (!holder) continue
          Object.assign(exchange.use(callerSlot), holder)
          return api.withholdCredentials(exchange)
        }
        const message =
          'this gateway does not know the API key of the request, or there is none; ask its operator for one'
        throw new GatewayError('LR_UNAUTHORIZED', 401, message, { headers: { 'www-authenticate': 'Bearer' } })
      },
    }
  },
})
