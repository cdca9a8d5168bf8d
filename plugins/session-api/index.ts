import { definePlugin, type Exchange, GatewayError, type Reply, Type, withDefault } from 'lunaroute'
import { sessionFeedService, sessionLogService, sessionStoreService, statisticsService } from 'lunaroute/sessions'
import { admit } from './guard.ts'
import type { Sources } from './pages.ts'
import { type Found, Router } from './router.ts'

/** Reads recorded sessions back: pages under /sessions and /stats, and commands. */
export default definePlugin({
  name: 'session-api',
  section: 'session_api',
  capabilities: ['credentials'],
  options: Type.Object(
    {
      token: withDefault(
        Type.String({
          description: 'Who brings it may read from anywhere. Without one, programs on this machine may.',
        }),
        '',
      ),
      allow_delete: withDefault(Type.Boolean({ description: 'Whether DELETE /sessions/{id} deletes.' }), false),
    },
    { additionalProperties: false },
  ),
  env: { LUNAROUTE_ADMIN_TOKEN: 'token' },
  commands: {
    sessions: {
      summary: 'list, show, search and follow recorded sessions',
      load: () => import('./cli/sessions-command.ts'),
    },
    export: {
      summary: 'write recorded requests as NDJSON, JSON, CSV or OpenTelemetry traces',
      load: () => import('./cli/export-command.ts'),
    },
  },
  setup({ token, allow_delete }, api) {
    const router = new Router()
    const offered = <T>(values: readonly T[], lack: string): T => {
      const [value] = values
      if (value !== undefined) return value
      throw new GatewayError('LR_SESSIONS', 503, `this gateway's configuration has no ${lack}`)
    }
    const sources: Sources = {
      store: () => offered(api.offers(sessionStoreService), 'plugin that stores sessions, such as session-sqlite'),
      feed: () => offered(api.offers(sessionFeedService), 'plugin that records sessions, such as session-recorder'),
      statistics: () => offered(api.offers(statisticsService), 'plugin that sums up sessions, such as session-stats'),
      logs: () => api.offers(sessionLogService).map(each => each.log),
      dialects: api.dialects,
      gateway: api.gateway,
      version: api.gateway.version,
      isDeletable: allow_delete,
    }
    const answer = async (exchange: Exchange, { page, params }: Found): Promise<Reply> => {
      admit(exchange, token, () => api.credentials(exchange))
      const reply = await page({ exchange, params, sources, now: new Date() })
      return { ...reply, headers: { ...HEADERS, ...reply.headers } }
    }
    return {
      ingress(exchange) {
        if (exchange.endpoint !== null) return undefined
        const found = router.find(exchange.head.method, exchange.head.path)
        return found && answer(exchange, found)
      },
    }
  },
})

const HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }
