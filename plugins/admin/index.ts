import { definePlugin, type Exchange, GatewayError, type Reply } from 'lunaroute'
import { strangerOf } from './stranger.ts'

/** The method of each page. */
const PAGES = new Map([
  ['/admin/reload', 'POST'],
  ['/admin/status', 'GET'],
])

/** Reloads the configuration on request and tells its state, to programs on this machine. */
export default definePlugin({
  name: 'admin',
  setup(_options, { gateway, log }) {
    const answer = async (exchange: Exchange): Promise<Reply> => {
      const { path, method } = exchange.head
      const reason = strangerOf(exchange)
      if (reason !== undefined) {
        log.warn({ path, reason, client: exchange.remoteAddress, exchange: exchange.id }, 'refused an admin request')
        throw new GatewayError('LR_FORBIDDEN', 403, `${path} is for programs on this machine only: ${reason}`)
      }
      const allow = PAGES.get(path)!
      if (method !== allow) {
        throw new GatewayError('LR_METHOD', 405, `${path} takes ${allow} only`, { headers: { allow } })
      }
      const headers = { 'cache-control': 'no-store' }
      if (path === '/admin/status') return { status: 200, headers, body: gateway.config() }
      const state = await gateway.reload()
      return { status: state.error ? 422 : 200, headers, body: state }
    }
    return {
      ingress(exchange) {
        if (exchange.endpoint === null && PAGES.has(exchange.head.path)) return answer(exchange)
        return undefined
      },
    }
  },
})
