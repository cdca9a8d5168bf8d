import { type Static, Type, withDefault } from 'lunaroute'

const target = Type.Object(
  {
    provider: Type.String({ minLength: 1 }),
    /** What that provider calls the model; without it, what the request asks for. */
    model: Type.Optional(Type.String({ minLength: 1 })),
  },
  { additionalProperties: false },
)

/** A provider in trouble or busy with another, or one that does not take the gateway's own key: not the request's fault. */
const IN_TROUBLE = [401, 402, 403, 408, 409, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529]

export const fallbackOptions = Type.Object(
  {
    /** Statuses that let the next attempt take over. Failures before a response always do. */
    on: withDefault(Type.Array(Type.Integer({ minimum: 400, maximum: 599 })), IN_TROUBLE),
    /** Who serves a model, by its name or a pattern, when the provider it goes to does not; in order. */
    chains: withDefault(Type.Record(Type.String({ minLength: 1 }), Type.Array(target)), {}),
    /** Who stands in for a provider, in order: providers that know the same models by the same names. */
    providers: withDefault(Type.Record(Type.String({ minLength: 1 }), Type.Array(Type.String({ minLength: 1 }))), {}),
    /** How long a stream may take to say something before the next attempt has its turn; 0 for no limit. */
    first_content_ms: withDefault(Type.Integer({ minimum: 0, maximum: 3_600_000 }), 0),
    /** How long a stream's reader waits before it is told that its answer is still to come; 0 for never. */
    keep_alive_after_ms: withDefault(Type.Integer({ minimum: 0, maximum: 3_600_000 }), 10_000),
  },
  { additionalProperties: false },
)

export type FallbackOptions = Static<typeof fallbackOptions>
export type FallbackTarget = Static<typeof target>
