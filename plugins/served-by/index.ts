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
    const names = new Set(headers)
    return {
      ingress(exchange) {
        const tell = (name: (typeof headers)[number], value: string | undefined) => {
          if (value) exchange.setResponseHeader(`x-lunaroute-${name}`, printable(value))
        }
        exchange.observe({
          attemptStarted(attempt: StartedAttempt) {
            if (names.has('provider')) tell('provider', attempt.provider)
            if (names.has('model')) tell('model', attempt.model)
            if (names.has('attempts')) tell('attempts', String(attempt.number))
            if (names.has('route')) tell('route', exchange.use(routeSlot).id)
          },
        })
      },
    }
  },
})

/** Models are named by clients, who may write anything: what a header cannot hold is percent-encoded. */
function printable(value: string): string {
  if (value.length <= 200 && PRINTABLE.test(value)) return value
  return value.slice(0, 200).replace(/[^\x20-\x7e]/gu, character => {
    return Array.from(Buffer.from(character), byte => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
  })
}

const PRINTABLE = /^[\x20-\x7e]*$/
