import { definePlugin, type Hooks, Type, withDefault } from 'lunaroute'
import { headersOf, lineOf, sentenceOf, timingOf } from './line.ts'
import { isOwnPage } from './own-page.ts'

/** Writes one line for each exchange, when it is over. */
export default definePlugin({
  name: 'access-log',
  section: 'logging',
  options: Type.Object({
    log_requests: withDefault(
      Type.Boolean({ description: 'A line of level info for each request. Without it the lines are of level debug.' }),
      false,
    ),
  }),
  env: { LUNAROUTE_LOG_REQUESTS: 'log_requests' },
  setup({ log_requests: isAsked }, { log }): Hooks {
    const isDetailed = log.isLevelEnabled('debug')
    if (!isDetailed && !(isAsked && log.isLevelEnabled('warn'))) return {}
    return {
      record(exchange) {
        const level = !isAsked || isOwnPage(exchange) ? 'debug' : exchange.outcome === 'error' ? 'warn' : 'info'
        if (!log.isLevelEnabled(level)) return
        const line = lineOf(exchange)
        if (isDetailed) Object.assign(line, timingOf(exchange), headersOf(exchange))
        log[level](line, sentenceOf(line))
      },
    }
  },
})
