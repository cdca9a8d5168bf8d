import { definePlugin, type Exchange, GatewayError, meterService, type Reply, Type, withDefault } from 'lunaroute'
import { chunkCount } from './chunks.ts'
import { readUsage } from './llm-usage.ts'
import { Meters } from './meters.ts'
import { Metrics, type Page } from './metrics.ts'

/** Counts and times exchanges, connections and the process, for Prometheus to fetch. */
export default definePlugin({
  name: 'metrics',
  section: 'metrics',
  options: Type.Object({
    enabled: withDefault(Type.Boolean({ description: 'Nothing is counted or served without.' }), true),
    path: withDefault(Type.String({ pattern: '^/', description: 'Where they are served.' }), '/metrics'),
    endpoint: Type.Optional(Type.String({ pattern: '^/', description: 'Another spelling of `path`; it wins.' })),
    max_models: withDefault(
      Type.Integer({ minimum: 0, description: 'Distinct models to tell apart; further ones are `other`.' }),
      200,
    ),
    count_chunks: withDefault(
      Type.Boolean({ description: 'Count and time the pieces of streams, at a cost for each.' }),
      false,
    ),
    process: withDefault(Type.Boolean({ description: 'CPU, memory, event loop and garbage collection.' }), true),
    llm: withDefault(
      Type.Boolean({
        description: "Requests, tokens, time and errors by the client's key, at a cost for each answer.",
      }),
      false,
    ),
    include_api_key_hash: withDefault(
      Type.Boolean({ description: "A label with the beginning of the key's hash, in what `llm` counts." }),
      false,
    ),
  }),
  // A request must not fail because it could not be counted.
  failure: 'open',
  setup(options, { gateway, providers, keep, log, offers, onDispose }) {
    if (!options.enabled) return {}
    const { max_models: maxModels, count_chunks: countsChunks } = options
    const path = options.endpoint ?? options.path
    const metrics = keep(
      'metrics',
      () => new Metrics(gateway.version),
      each => each.pools.close(),
    )
    onDispose(metrics.pools.follow(providers))
    const llm = options.llm ? metrics.llm(options.include_api_key_hash) : undefined
    const meters = new Meters(log)
    const page: Page = {
      gateway,
      providers,
      hasProcess: options.process,
      meters: isTaken => meters.read(offers(meterService), isTaken),
    }
    const answer = async ({ head }: Exchange): Promise<Reply> => {
      if (head.method !== 'GET' && head.method !== 'HEAD') {
        throw new GatewayError('LR_METHOD', 405, `${path} takes GET only`, { headers: { allow: 'GET, HEAD' } })
      }
      const body = await metrics.render(page)
      return { status: 200, headers: { 'content-type': metrics.contentType, 'cache-control': 'no-store' }, body }
    }
    return {
      ingress(exchange) {
        if (exchange.endpoint === null && exchange.head.path === path) return answer(exchange)
        if (countsChunks) exchange.observe(exchange.use(chunkCount))
        return undefined
      },
      // Only then is the hook tapped: without one, answers pass in the pieces they come in.
      ...(llm && { streamChunk: readUsage }),
      record(exchange) {
        llm?.record(exchange, maxModels)
        metrics.exchanges.record(exchange, maxModels, countsChunks ? exchange.use(chunkCount) : undefined)
      },
    }
  },
})
