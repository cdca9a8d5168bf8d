import { definePlugin, type Exchange, GatewayError, type Reply, strangerOf } from 'lunaroute'
import { pagesOf } from './pages.ts'

/** Reloads the configuration on request and tells how everything stands, to programs on this machine. */
export default definePlugin({
  name: 'admin',
  setup(_options, api) {
    const { log } = api
    const pages = pagesOf(api)
    const answer = async (exchange: Exchange): Promise<Reply | undefined> => {
      const { path, method } = exchange.head
      const page = pages(path)
      // Paths below may belong to other plugins.
      if (page === undefined) return undefined
      const reason = strangerOf(exchange)
      if (reason !== undefined) {
        log.warn({ path, reason, client: exchange.remoteAddress, exchange: exchange.id }, 'refused an admin request')
        throw new GatewayError('LR_FORBIDDEN', 403, `${path} is for programs on this machine only: ${reason}`)
      }
      if (method !== page.method) {
        if (page.isShared) return undefined
        const allow = page.method
        throw new GatewayError('LR_METHOD', 405, `${path} takes ${allow} only`, { headers: { allow } })
      }
      const { status = 200, body } = await page.read()
      return { status, headers: { 'cache-control': 'no-store' }, body }
    }
    return {
      ingress(exchange) {
        return exchange.endpoint === null && exchange.head.path.startsWith('/admin/') ? answer(exchange) : undefined
      },
    }
  },
})
