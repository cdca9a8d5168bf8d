import { definePlugin, Type, withDefault } from 'lunaroute'
import { type SessionEvent, sessionWriterService } from 'lunaroute/sessions'

/** Posts recorded events to an HTTP endpoint, as lines of JSON. */
export default definePlugin({
  name: 'http-writer',
  options: Type.Object({
    url: Type.String({ minLength: 1 }),
    timeout_ms: withDefault(Type.Integer({ minimum: 1 }), 10_000),
  }),
  setup({ url, timeout_ms }, api) {
    const write = async (events: readonly SessionEvent[]): Promise<void> => {
      const reply = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson' },
        body: events.map(event => `${JSON.stringify(event)}\n`).join(''),
        signal: AbortSignal.timeout(timeout_ms),
      })
      // What is thrown here makes the same events come again.
      if (!reply.ok) throw new Error(`${url} answered with ${reply.status}`)
    }
    api.offer(sessionWriterService, { name: 'http-writer', writer: { write } })
    return {}
  },
})
