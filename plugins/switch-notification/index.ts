import { LRUCache } from 'lru-cache'
import {
  type Attempt,
  callerSlot,
  definePlugin,
  type Exchange,
  type Hooks,
  type Observer,
  type OutgoingAttempt,
  type Plan,
  Type,
  withDefault,
} from 'lunaroute'
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
    /** The attempt with the notice in its request; undefined where the request has it already, or no place for it. */
    const notified = (attempt: OutgoingAttempt, exchange: Exchange, original: string, isMoved: boolean) => {
      const { request } = attempt
      const template = given.providers[attempt.provider]?.switch_notification_message ?? given.default_message
      const isUntried = exchange.attempts.every(({ provider }) => provider !== original)
      const message = filled(template, {
        original_provider: original,
        new_provider: attempt.provider,
        reason: isMoved && isUntried ? 'a change of route' : reasonOf(exchange.attempts, original),
        model: request.model ?? '',
      })
      const { messages: editor } = request.dialect
      if (!editor || isNotified(request.bytes, template, message)) return undefined
      const body = request.json()
      if (!isObject(body)) return undefined
      const longer = editor.prepend(body, [{ role, content: message }])
      const changed = Object.entries(longer).filter(([key, value]) => value !== body[key])
      return changed.length === 0 ? undefined : { ...attempt, request: request.with(Object.fromEntries(changed)) }
    }
    const touchOf =
      (original: string, isMoved: boolean): Touch =>
      (attempt, exchange) => {
        try {
          return notified(attempt, exchange, original, isMoved)
        } catch (error) {
          // An answer without the notice is better than none.
          api.log.warn({ err: error, exchange: exchange.id }, 'the notice of a switch could not be given')
          return undefined
        }
      }
    const followerOf = (session: string): Observer => ({
      attemptAnswered({ provider }, { status }) {
        if (status < 400) sessions.set(session, provider)
      },
    })
    return {
      // Not late: those who reorder a plan, or take out of it who fails, are still to come, and what it begins with now is
      // what was meant.
      route(plan, request, exchange) {
        const first = plan[0]?.provider
        if (first === undefined || request?.endpoint.operation !== 'generate') return undefined
        const session = isFollowing ? sessionOf(exchange) : undefined
        const last = session === undefined ? undefined : sessions.get(session)
        const original = last ?? first
        if (session !== undefined) exchange.observe(followerOf(session))
        if (leadsOnlyTo(original, plan)) return undefined
        const touch = touchOf(original, last !== undefined && last !== first)
        return plan.map(each => (each.provider === original ? each : { ...each, touch: joined(each.touch, touch) }))
      },
    }
  },
})

type Touch = NonNullable<Attempt['touch']>

function leadsOnlyTo(provider: string, plan: Plan): boolean {
  for (const each of plan) if (each.provider !== provider) return false
  return true
}

function joined(first: Attempt['touch'], second: Touch): Touch {
  if (!first) return second
  return (attempt, exchange) => {
    const touched = first(attempt, exchange) ?? attempt
    return second(touched, exchange) ?? touched
  }
}

/** Clients say what their session is called: those of different keys, or dialects, may say the same. */
function sessionOf(exchange: Exchange): string | undefined {
  const { session, dialect } = exchange
  return session === undefined ? undefined : [exchange.use(callerSlot).keyHash, dialect.name, session].join(' ')
}
