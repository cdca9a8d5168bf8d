import {
  definePlugin,
  type Exchange,
  GatewayError,
  providerStatusService,
  type Reply,
  readProviderStatus,
  readStatuses,
  statusService,
} from 'lunaroute'
import { isLocal } from './is-local.ts'
import { healthBody, readiness, readyBody, type Told } from './pages.ts'

const HEALTH = new Set(['/healthz', '/health'])
const READY = new Set(['/readyz', '/ready'])

/** Answers whether the gateway lives and whether it can serve. */
export default definePlugin({
  name: 'health',
  setup(_options, { gateway, providers, offers, log }) {
    const told = (): Told => ({
      statuses: readStatuses(offers(statusService), log),
      provider: name => readProviderStatus(offers(providerStatusService), name, log),
    })
    const answer = (exchange: Exchange): Reply => {
      const { head } = exchange
      if (head.method !== 'GET' && head.method !== 'HEAD') {
        throw new GatewayError('LR_METHOD', 405, `${head.path} takes GET only`, { headers: { allow: 'GET, HEAD' } })
      }
      const headers = { 'cache-control': 'no-store' }
      const isForLocal = isLocal(exchange)
      if (HEALTH.has(head.path)) return { status: 200, headers, body: healthBody(gateway, isForLocal) }
      const now = told()
      const status = readiness(gateway, now) === 'ready' ? 200 : 503
      return { status, headers, body: readyBody(gateway, providers, now, isForLocal) }
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
