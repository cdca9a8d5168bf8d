import { definePlugin, type Exchange, GatewayError, type Reply } from 'lunaroute'
import { isLocal } from './is-local.ts'
import { healthBody, readyBody } from './pages.ts'

const HEALTH = new Set(['/healthz', '/health'])
const READY = new Set(['/readyz', '/ready'])

/** Answers whether the gateway lives and whether it can serve. */
export default definePlugin({
  name: 'health',
  setup(_options, { gateway, providers }) {
    const answer = (exchange: Exchange): Reply => {
      const { head } = exchange
      if (head.method !== 'GET' && head.method !== 'HEAD') {
        throw new GatewayError('LR_METHOD', 405, `${head.path} takes GET only`, { headers: { allow: 'GET, HEAD' } })
      }
      const headers = { 'cache-control': 'no-store' }
      const isForLocal = isLocal(exchange)
      if (HEALTH.has(head.path)) return { status: 200, headers, body: healthBody(gateway, isForLocal) }
      const status = gateway.isDraining ? 503 : 200
      return { status, headers, body: readyBody(gateway, providers, isForLocal) }
    }
    return {
      ingress(exchange) {
        const { endpoint, head } = exchange
        if (endpoint !== null || !(HEALTH.has(head.path) || READY.has(head.path))) return
        return answer(exchange)
      },
    }
  },
})
