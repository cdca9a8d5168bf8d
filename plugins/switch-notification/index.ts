import { LRUCache } from 'lru-cache'
import { callerSlot, definePlugin, defineSlot, type Exchange, type Hooks, Type, withDefault } from 'lunaroute'
import { isObject } from 'lunaroute/neutral'
import { DEFAULT_MESSAGE, filled, isNotified, reasonOf } from './message.ts'

const MAX_SESSIONS = 10_000

const options = Type.Object(
  {
    enabled: withDefault(Type.Boolean(), true),
    default_message: withDefault(
      Type.String({ minLength: 1, description: 'What the model is told; a template.' }),
      DEFAULT_MESSAGE,
    ),
    role: withDefault(
      Type.Union([Type.Literal('user'), Type.Literal('system')], { description: 'Who seems to say it.' }),
      'user',
    ),
    follow_sessions: withDefault(
      Type.Boolean({ description: 'Also tell of a session that goes on at another provider than it was at.' }),
      false,
    ),
    providers: withDefault(
      Type.Record(
        Type.String(),
        Type.Object(
          { switch_notification_message: Type.Optional(Type.String({ minLength: 1 })) },
          { additionalProperties: false },
        ),
      ),
      {},
    ),
  },
  { additionalProperties: false },
)

/** The provider that a request was meant for. */
const meant = defineSlot<{ provider: string | undefined; isMoved: boolean }>('switch-notification', () => ({
  provider: undefined,
  isMoved: false,
}))

/** Tells the model when another provider stands in for the one that was meant, so that it can tell the user. */
export default definePlugin({
  name: 'switch-notification',
  section: 'routing.provider_switch_notification',
  providerKeys: ['switch_notification_message'],
  // An answer without the notice is better than none.
  failure: 'open',
  options,
  check: (given, { providers, didYouMean }) =>
    Object.keys(given.providers).flatMap(name => {
      if (providers.includes(name)) return []
      return [{ path: ['providers', name], message: `no provider is called "${name}"${didYouMean(name, providers)}` }]
    }),
  setup(given, api): Hooks {
    if (!given.enabled) return {}
    const { role, follow_sessions: isFollowing } = given
    const sessions = api.keep('sessions', () => new LRUCache<string, string>({ max: MAX_SESSIONS }))
    return {
      route: {
        // The plan is complete: what it begins with is what was meant.
        stage: 'late',
        handler(plan, request, exchange) {
          const first = plan[0]?.provider
          if (first === undefined || request?.endpoint.operation !== 'generate') return
          const session = isFollowing ? sessionOf(exchange) : undefined
          const last = session === undefined ? undefined : sessions.get(session)
          exchange.use(meant).provider = last ?? first
          exchange.use(meant).isMoved = last !== undefined && last !== first
          if (session === undefined) return
          exchange.observe({
            attemptAnswered({ provider }, { status }) {
              if (status < 400) sessions.set(session, provider)
            },
          })
        },
      },
      egress(attempt, _request, exchange) {
        const { provider: original, isMoved } = exchange.use(meant)
        if (original === undefined || original === attempt.provider) return undefined
        const { messages: editor } = attempt.request.dialect
        const template = given.providers[attempt.provider]?.switch_notification_message ?? given.default_message
        const isUntried = exchange.attempts.every(({ provider }) => provider !== original)
        const message = filled(template, {
          original_provider: original,
          new_provider: attempt.provider,
          reason: isMoved && isUntried ? 'a change of route' : reasonOf(exchange.attempts, original),
          model: attempt.request.model ?? '',
        })
        if (!editor || isNotified(attempt.request.bytes, template, message)) return undefined
        const body = attempt.request.json()
        if (!isObject(body)) return undefined
        const longer = editor.prepend(body, [{ role, content: message }])
        const changed = Object.entries(longer).filter(([key, value]) => value !== body[key])
        return changed.length === 0
          ? undefined
          : { ...attempt, request: attempt.request.with(Object.fromEntries(changed)) }
      },
    }
  },
})

/** Clients say what their session is called: those of different keys, or dialects, may say the same. */
function sessionOf(exchange: Exchange): string | undefined {
  const { session, dialect } = exchange
  return session === undefined ? undefined : [exchange.use(callerSlot).keyHash, dialect.name, session].join(' ')
}
