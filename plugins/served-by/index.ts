import { definePlugin, type Hooks, routeSlot, type StartedAttempt, Type, withDefault } from 'lunaroute'

const options = Type.Object(
  {
    headers: withDefault(
      Type.Array(
        Type.Union([Type.Literal('provider'), Type.Literal('model'), Type.Literal('attempts'), Type.Literal('route')]),
        { uniqueItems: true, description: 'Which of the headers to send.' },
      ),
      ['provider', 'model', 'attempts', 'route'],
    ),
  },
  { additionalProperties: false },
)

/** Tells clients, in response headers, who served them. */
export default definePlugin({
  name: 'served-by',
  options,
  failure: 'open',
  setup({ headers }): Hooks {
    if (headers.length === 0) return {}
    return {
      ingress(exchange) {
        const values = ({ provider, model, number }: StartedAttempt) => ({
          provider,
          model,
          attempts: String(number),
          route: exchange.use(routeSlot).id,
        })
        exchange.observe({
          attemptStarted(attempt) {
            const known = values(attempt)
            for (const name of headers) {
              const value = known[name]
              if (value) exchange.setResponseHeader(`x-lunaroute-${name}`, printable(value))
            }
          },
        })
      },
    }
  },
})

/** Models are named by clients, who may write anything: what a header cannot hold is percent-encoded. */
function printable(value: string): string {
  return value.slice(0, 200).replace(/[^\x20-\x7e]/gu, character => {
    return Array.from(Buffer.from(character), byte => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
  })
}
