import { type AttemptFailure, type Static, Type, withDefault } from 'lunaroute'

const FAILURES = ['connect', 'stale', 'reset', 'timeout', 'protocol', 'cut'] as const satisfies AttemptFailure[]

/**
 * What the SDKs of OpenAI, Anthropic and Google try again by themselves: lost connections, 408, 409 (a lock), 429 and
 * server errors. A timeout is not among them here: the time that a client waits has been spent once already.
 */
const WORTH = ['connect', 'stale', 'reset', 'cut', 408, 409, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529]

export const retryOptions = Type.Object(
  {
    /** How many times at most, after the first try. */
    retries: withDefault(Type.Integer({ minimum: 0, maximum: 10 }), 3),
    /** Failures and statuses that are worth another try. */
    on: withDefault(
      Type.Array(
        Type.Union([
          Type.Union(FAILURES.map(each => Type.Literal(each))),
          Type.Integer({ minimum: 400, maximum: 599 }),
        ]),
      ),
      WORTH as (AttemptFailure | number)[],
    ),
    /** The first pause is any time up to this, and the next up to twice as long. */
    delay_ms: withDefault(Type.Integer({ minimum: 0, maximum: 60_000 }), 100),
    /** No pause of the gateway's own choice is longer. */
    max_delay_ms: withDefault(Type.Integer({ minimum: 0, maximum: 300_000 }), 5_000),
    /** A provider that asks for a longer pause is not asked again for this request. */
    max_retry_after_ms: withDefault(Type.Integer({ minimum: 0, maximum: 600_000 }), 30_000),
    /** The same where the plan has another attempt that could take over. */
    max_retry_after_with_fallback_ms: withDefault(Type.Integer({ minimum: 0, maximum: 600_000 }), 1_000),
    /** Retries for each first try at a provider, over ten seconds: 0.2 is at most 20 % more load. */
    budget_ratio: withDefault(Type.Number({ minimum: 0, maximum: 10 }), 0.2),
    /** Retries a second that are granted even to a provider with hardly any traffic. */
    budget_min_per_second: withDefault(Type.Number({ minimum: 0, maximum: 1000 }), 1),
  },
  { additionalProperties: false },
)

export type RetryOptions = Static<typeof retryOptions>
