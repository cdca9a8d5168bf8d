import { definePlugin, type Exchange, GatewayError, type Reply, Type, withDefault } from 'lunaroute'
import { chunkCount } from './chunks.ts'
import { Metrics } from './metrics.ts'

/** Counts and times exchanges, connections and the process, for Prometheus to fetch. */
export default definePlugin({
  name: 'metrics',
  options: Type.Object({
    path: withDefault(Type.String({ pattern: '^/', description: 'Where they are served.' }), '/metrics'),
    max_models: withDefault(
      Type.Integer({ minimum: 0, description: 'Distinct models to tell apart; further ones are `other`.' }),
      200,
    ),
    count_chunks: withDefault(
      Type.Boolean({ description: 'Count and time the pieces of streams, at a cost for each.' }),
      false,
    ),
    process: withDefault(Type.Boolean({ description: 'CPU, memory, event loop and garbage collection.' }), true),
  }),
  // A request must not fail because it could not be counted.
  failure: 'open',
  setup(options, { gateway, providers, keep, onDispose }) {
    const { path, max_models: maxModels, count_chunks: countsChunks } = options
    const metrics = keep(
      'metrics',
      () => new Metrics(gateway.version),
      each => each.pools.close(),
    )
    onDispose(metrics.pools.follow(providers))
    const answer = async ({ head }: Exchange): Promise<Reply> => {
      if (head.method !== 'GET' && head.method !== 'HEAD') {
        throw new GatewayError('LR_METHOD', 405, `${path} takes GET only`, { headers: { allow: 'GET, HEAD' } })
      }
      const body = await metrics.render(gateway, providers, options.process)
      return { status: 200, headers: { 'content-type': metrics.contentType, 'cache-control': 'no-store' }, body }
    }
    return {
      ingress(exchange) {
        if (exchange.endpoint === null && exchange.head.path === path) return answer(exchange)
        if (countsChunks) exchange.observe(exchange.use(chunkCount))
        return undefined
      },
      record(exchange) {
        metrics.exchanges.record(exchange, maxModels, countsChunks ? exchange.use(chunkCount) : undefined)
      },
    }
  },
})
