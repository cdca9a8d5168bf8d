import { definePlugin, GatewayError, Type, usageSlot, withDefault } from 'lunaroute'
import { broughtHome } from './home.ts'
import { Memory } from './memory.ts'
import { Profiles } from './profiles/index.ts'
import { profileSchema } from './profiles/schema.ts'
import { hasTag } from './tag.ts'
import { translate } from './translate.ts'

export { type TranslationRecord, translationSlot } from './slot.ts'

const options = Type.Object(
  {
    /** Refuse what cannot be carried over, rather than drop it. */
    strict: withDefault(Type.Boolean(), false),
    /** Seconds of silence in a stream after which the client is told that its answer is still to come; 0 for never. */
    keep_alive_secs: withDefault(Type.Number({ minimum: 0, maximum: 3600 }), 15),
    /** What models take, by name or pattern, over what the plugin knows of them. */
    profiles: withDefault(Type.Record(Type.String({ minLength: 1 }), profileSchema), {}),
  },
  { additionalProperties: false },
)

/** Lets a client of one dialect be served by a provider of another. */
export default definePlugin({
  name: 'translate',
  section: 'translate',
  options,
  setup({ strict, keep_alive_secs, profiles: configured }, api) {
    const keepAliveAfter = keep_alive_secs * 1000
    const profiles = new Profiles(configured)
    const memory = api.keep('memory', () => new Memory())
    const providers = new Map(api.providers.map(each => [each.name, each]))
    const dialects = new Map(api.dialects.map(each => [each.name, each]))
    return {
      egress: {
        // What other plugins change in the request they change in the client's dialect.
        stage: 'late',
        // In its own dialect an attempt is let be, unless there is something of an earlier translation about it.
        when: ({ provider }, { dialect, bytes }, { attempts }) =>
          !providers.get(provider)?.dialects.includes(dialect.name) || attempts.length > 0 || hasTag(bytes),
        handler(attempt, request, exchange) {
          const provider = providers.get(attempt.provider)
          if (!request || !provider) return undefined
          const known = { provider, profiles, memory, isStrict: strict }
          if (provider.dialects.includes(request.dialect.name)) {
            // An attempt before this one may have been translated.
            if (exchange.attempts.length > 0) exchange.use(usageSlot).begin(false)
            return broughtHome(attempt, request, exchange, known)
          }
          const target = dialects.get(provider.dialects[0]!)
          if (!target) {
            const message = `the provider "${provider.name}" speaks a dialect that this gateway does not`
            throw new GatewayError('LR_NO_PROVIDER', 503, message)
          }
          return translate(attempt, request, exchange, { ...known, target, keepAliveAfter })
        },
      },
    }
  },
})
