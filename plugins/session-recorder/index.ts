import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { definePlugin, defineSlot, type Hooks, meterService, type PluginApi, statusService } from 'lunaroute'
import { sessionFeedService } from 'lunaroute/sessions'
import { meters } from './counts.ts'
import type { Engine } from './engine.ts'
import { Hub } from './hub.ts'
import { options as schema } from './options.ts'
import { specOf } from './spec.ts'
import { Tap } from './tap.ts'

const tapSlot = defineSlot<{ tap: Tap | undefined }>('session-recorder', () => ({ tap: undefined }))
/** How often a gateway that has been built is asked whether it listens, in milliseconds. */
const START_CHECK = 50

/** Records what passes, in a worker thread, for the writers that other plugins offer. */
export default definePlugin({
  name: 'session-recorder',
  section: 'session_recording',
  options: schema,
  env: { LUNAROUTE_ENABLE_SESSION_RECORDING: 'enabled' },
  // Recording is no reason to refuse a request.
  failure: 'open',
  setup(options, api): Hooks {
    if (!options.enabled) return {}
    const folder = options.spill_directory ?? join(tmpdir(), `lunaroute-${process.getuid?.() ?? 'user'}`)
    const hub = api.keep(
      'hub',
      () => new Hub(error => api.log.warn({ err: error }, 'a follower of recorded events failed')),
      each => each.close(),
    )
    const operations = new Set<string>(options.operations)
    const getEngine = engineOf(hub, () => hub.enter(specOf(options, folder, api), api.log), api)
    for (const meter of meters(() => hub.recording)) api.offer(meterService, meter)
    api.offer(statusService, {
      name: 'session-recorder',
      read: () => hub.current?.counts.status() ?? { state: 'ok' },
    })
    api.offer(sessionFeedService, hub.feed)
    return {
      ingress: {
        // Before those that refuse: a refusal is worth recording, too.
        stage: 'early',
        handler(exchange) {
          if (!operations.has(exchange.endpoint?.operation ?? 'unknown')) return
          const tap = new Tap(getEngine(), exchange)
          exchange.use(tapSlot).tap = tap
          exchange.observe(tap)
        },
      },
      record(exchange) {
        const { tap } = exchange.use(tapSlot)
        // A path that no dialect serves and no provider was asked for is the gateway's own.
        if (tap && (exchange.endpoint || exchange.attempts.length > 0)) tap.end()
      },
    }
  },
})

/**
 * The generation's engine. It starts with the gateway's listeners, so that writers mend and tidy what they find, or with
 * the first exchange; not in a program that only reads the configuration.
 */
function engineOf(hub: Hub, enter: () => Engine, api: PluginApi): () => Engine {
  let engine: Engine | undefined
  let isDisposed = false
  const get = (): Engine => {
    clearInterval(timer)
    engine ??= enter()
    return engine
  }
  const timer = setInterval(() => {
    if (!isDisposed && api.gateway.listeners().length > 0) get()
  }, START_CHECK)
  timer.unref()
  api.onDispose(async () => {
    isDisposed = true
    clearInterval(timer)
    if (engine) await hub.leave(engine)
  })
  return get
}
