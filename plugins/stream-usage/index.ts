import { type Chunk, definePlugin, defineSlot, type LlmRequest } from 'lunaroute'
import { isObject } from 'lunaroute/neutral'

const asked = defineSlot<{ isOurs: boolean }>('stream-usage', () => ({ isOurs: false }))

/** Asks for the usage of Chat Completions streams, and keeps it from clients that did not ask. */
export default definePlugin({
  name: 'stream-usage',
  // Without the usage an answer is still one.
  failure: 'open',
  setup: () => ({
    normalize(request, exchange) {
      if (request.dialect.name !== 'openai-chat' || !request.isStream) return undefined
      const options = optionsOf(request)
      if (options === undefined) return undefined
      exchange.use(asked).isOurs = true
      return request.with({ stream_options: { ...options, include_usage: true } })
    },
    streamChunk: {
      // Everybody else may read it first.
      stage: 'late',
      handler: (chunk, exchange) => (exchange.use(asked).isOurs && isUsageAlone(chunk) ? null : undefined),
    },
  }),
})

/** What the request says of its stream; undefined where it speaks of usage itself, or says nothing understandable. */
function optionsOf(request: LlmRequest): object | undefined {
  // Few requests have the field: only they are parsed.
  if (!request.bytes.includes('"stream_options"')) return {}
  const body = request.json()
  if (!isObject(body)) return undefined
  const options = body.stream_options ?? {}
  return isObject(options) && typeof options.include_usage !== 'boolean' ? options : undefined
}

/** The event that is sent for the usage alone: it has no choices. */
function isUsageAlone(chunk: Chunk): boolean {
  if (chunk.kind !== 'event' || !chunk.data.includes('"usage"')) return false
  const event = chunk.json()
  return isObject(event) && isObject(event.usage) && Array.isArray(event.choices) && event.choices.length === 0
}
