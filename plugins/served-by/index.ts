import { definePlugin, type Exchange, routeSlot, type StartedAttempt, Type, withDefault } from 'lunaroute'

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
  section: 'served_by',
  options,
  failure: 'open',
  setup({ headers }, api) {
    if (headers.length === 0) return {}
    const told = headers.map(name => ({
      header: `x-lunaroute-${name}`,
      teller: TELLERS[name],
      text: remembered(printable),
    }))
    api.observe({
      attemptStarted(attempt, exchange) {
        for (const { header, teller, text } of told) {
          const value = teller(attempt, exchange)
          if (value) exchange.setResponseHeader(header, text(value))
        }
      },
    })
    return {}
  },
})

type Teller = (attempt: StartedAttempt, exchange: Exchange) => string | undefined

const TELLERS = {
  provider: attempt => attempt.provider,
  model: attempt => attempt.model,
  attempts: attempt => String(attempt.number),
  route: (_, exchange) => exchange.use(routeSlot).id,
} satisfies Record<string, Teller>

/** What a value came to, kept until there is another one: most requests are served as the one before. */
function remembered(make: (value: string) => string): (value: string) => string {
  let last: string | undefined
  let made = ''
  return value => {
    if (value !== last) {
      made = make(value)
      last = value
    }
    return made
  }
}

/** Models are named by clients, who may write anything: what a header cannot hold is percent-encoded. */
function printable(value: string): string {
  if (value.length <= 200 && PRINTABLE.test(value)) return value
  return value.slice(0, 200).replace(/[^\x20-\x7e]/gu, character => {
    return Array.from(Buffer.from(character), byte => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
  })
}

const PRINTABLE = /^[\x20-\x7e]*$/
