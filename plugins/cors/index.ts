import { definePlugin, type Reply, Type, withDefault } from 'lunaroute'

const LOOPBACK = /^https?:\/\/(?:localhost|[\w-]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i

const options = Type.Object(
  {
    origins: withDefault(
      Type.Array(Type.String({ pattern: '^(?:\\*|loopback|[a-z][a-z0-9+.-]*://[^/\\s]+)$' }), {
        uniqueItems: true,
        description: 'Whose pages may read answers: origins, "loopback" for those of this machine, "*" for all.',
      }),
      ['loopback'],
    ),
    max_age_secs: withDefault(
      Type.Integer({ minimum: 0, description: 'How long a browser may remember that it may ask.' }),
      600,
    ),
  },
  { additionalProperties: false },
)

/** Lets web pages ask: answers the question browsers ask first, and says in each answer that the page may read it. */
export default definePlugin({
  name: 'cors',
  section: 'cors',
  options,
  failure: 'open',
  setup({ origins, max_age_secs: maxAge }) {
    const isAllowed = (origin: string): boolean =>
      origins.includes('*') || origins.includes(origin) || (origins.includes('loopback') && LOOPBACK.test(origin))
    return {
      ingress: {
        // A page has to be able to read a refusal, whichever plugin refuses.
        stage: 'early',
        handler(exchange): Reply | undefined {
          const { head } = exchange
          const origin = head.get('origin')
          if (origin === undefined || !isAllowed(origin)) return undefined
          exchange.setResponseHeader('access-control-allow-origin', origin)
          const method = head.method === 'OPTIONS' ? head.get('access-control-request-method') : undefined
          if (method !== undefined) return preflight(method, head.get('access-control-request-headers'), maxAge)
          exchange.setResponseHeader('access-control-expose-headers', '*')
          return undefined
        },
      },
    }
  },
})

function preflight(method: string, headers: string | undefined, maxAge: number): Reply {
  return {
    status: 204,
    headers: {
      'access-control-allow-methods': method,
      'access-control-allow-headers': headers ?? '*',
      'access-control-max-age': String(maxAge),
      vary: 'origin, access-control-request-method, access-control-request-headers',
    },
  }
}
