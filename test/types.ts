// Compiled, never run: what plugin authors may write, and what the compiler must refuse.
import {
  type Chunk,
  defineConfig,
  definePlugin,
  definePreset,
  defineSlot,
  type Exchange,
  type LlmRequest,
  type OutgoingAttempt,
  type Plan,
  type Plugin,
  Type,
  withDefault,
} from 'lunaroute'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const is = <T extends true>(): T => true as T

// Without options the factory takes nothing, and every parameter is inferred.
const bare = definePlugin({
  name: 'bare',
  setup: (options, api) => {
    is<Equal<typeof options, void>>()
    api.onDispose(() => undefined)
    return {
      ingress(exchange) {
        is<Equal<typeof exchange, Exchange>>()
      },
      normalize(request, exchange) {
        is<Equal<typeof request, LlmRequest>>()
        is<Equal<typeof exchange, Exchange>>()
      },
      route(plan, request) {
        is<Equal<typeof plan, Plan>>()
        is<Equal<typeof request, LlmRequest | null>>()
      },
      egress(attempt) {
        is<Equal<typeof attempt, OutgoingAttempt>>()
        return { ...attempt, headers: { ...attempt.headers, 'x-a': '1' } }
      },
      streamChunk(chunk) {
        is<Equal<typeof chunk, Chunk>>()
        return [chunk, chunk]
      },
      record: async exchange => void exchange.outcome,
    }
  },
})
is<Equal<ReturnType<typeof bare>, Plugin>>()
bare()
// @ts-expect-error it takes no options
bare({})

// Options that may all be left out: the argument may be too, while the plugin sees every default.
const optional = definePlugin({
  name: 'optional',
  options: Type.Object({ max: withDefault(Type.Integer(), 3), name: Type.Optional(Type.String()) }),
  setup(options) {
    is<Equal<(typeof options)['max'], number>>()
    is<Equal<(typeof options)['name'], string | undefined>>()
    return {}
  },
})
optional()
optional({})
optional({ max: 1, name: 'a' })
// @ts-expect-error the wrong type of option
optional({ max: '1' })
// @ts-expect-error a misspelled option
optional({ maxx: 1 })

// An option that must be given makes the argument required.
const required = definePlugin({
  name: 'required',
  options: Type.Object({ key: Type.String(), max: withDefault(Type.Integer(), 3) }),
  setup: async ({ key, max }) => ({ ingress: async () => ({ status: key.length + max }) }),
})
required({ key: 'k' })
// @ts-expect-error its option is missing altogether
required()
// @ts-expect-error the required option is missing
required({ max: 1 })

// The form with an order infers as the short one does.
definePlugin({
  name: 'ordered',
  setup: () => ({
    record: {
      stage: 'late',
      after: ['bare'],
      handler(exchange) {
        is<Equal<typeof exchange, Exchange>>()
      },
    },
  }),
})

// @ts-expect-error a misspelled hook, though a valid one stands beside it
definePlugin({ name: 'a', setup: () => ({ ingress() {}, strimChunk() {} }) })
// @ts-expect-error a misspelled hook where setup is async
definePlugin({ name: 'b', setup: async () => ({ ingres() {} }) })
// @ts-expect-error a misspelled hook alone
definePlugin({ name: 'b', setup: () => ({ ingres() {} }) })
// @ts-expect-error streamChunk is synchronous: a chunk that waits would be overtaken
definePlugin({ name: 'c', setup: () => ({ async streamChunk() {} }) })
// @ts-expect-error streamChunk is synchronous, also where setup is not
definePlugin({ name: 'c', setup: async () => ({ async streamChunk() {} }) })
// @ts-expect-error setup returns hooks
definePlugin({ name: 'c', setup: () => 'hooks' })
// @ts-expect-error route returns a plan
definePlugin({ name: 'd', setup: () => ({ route: () => 'openai' }) })
// @ts-expect-error ingress returns a reply, and a reply has a status
definePlugin({ name: 'e', setup: () => ({ ingress: () => ({ body: 'hello' }) }) })
// @ts-expect-error there is no such stage
definePlugin({ name: 'f', setup: () => ({ record: { stage: 'later', handler() {} } }) })
// @ts-expect-error a plugin fails open or closed
definePlugin({ name: 'g', failure: 'ajar', setup: () => ({}) })
// @ts-expect-error the only capability is credentials
definePlugin({ name: 'h', capabilities: ['secrets'], setup: () => ({}) })
definePlugin({
  name: 'i',
  setup: () => ({
    egress(attempt) {
      // @ts-expect-error an attempt is not changed in place: return a changed copy
      attempt.headers = {}
    },
    normalize(request) {
      // @ts-expect-error a request is not changed in place: it has `with`
      request.model = 'other'
    },
  }),
})

// A slot carries its type.
const words = defineSlot('words', () => ({ count: 0 }))
definePlugin({
  name: 'j',
  setup: () => ({
    record(exchange) {
      is<Equal<ReturnType<typeof exchange.use<{ count: number }>>, { count: number }>>()
      exchange.use(words).count++
      // @ts-expect-error the slot holds a count and nothing else
      exchange.use(words).total++
    },
  }),
})

// Lists tolerate what conditions leave in them.
const preset = definePreset([bare(), [optional(), false], process.env['NEVER'] && bare(), null])
defineConfig({ extends: ['local', preset], plugins: [required({ key: 'k' }), './own.ts', { name: 'metrics' }] })
// @ts-expect-error a misspelled key
defineConfig({ prot: 8080 })
