import { type Static, Type, withDefault } from 'lunaroute'

const count = (minimum: number, maximum: number, initial: number) =>
  withDefault(Type.Integer({ minimum, maximum }), initial)

const operation = Type.Union([
  Type.Literal('generate'),
  Type.Literal('count-tokens'),
  Type.Literal('embeddings'),
  Type.Literal('models'),
  Type.Literal('other'),
  Type.Literal('unknown'),
])

export const options = Type.Object({
  enabled: withDefault(Type.Boolean({ description: 'False records nothing.' }), true),
  operations: withDefault(
    Type.Array(operation, { description: 'What is recorded. `unknown`: paths that no dialect serves.' }),
    ['generate', 'count-tokens', 'embeddings', 'other', 'unknown'],
  ),
  capture_user_agent: withDefault(Type.Boolean(), true),
  max_user_agent_length: count(1, 4096, 255),
  worker: withDefault(
    Type.Object(
      {
        batch_size: count(1, 10_000, 100),
        batch_timeout_ms: count(10, 60_000, 100),
      },
      {
        additionalProperties: false,
        description: 'How many events a writer gets at once, and after how long at most.',
      },
    ),
    { batch_size: 100, batch_timeout_ms: 100 },
  ),
  queue_mb: count(1, 1024, 64),
  spill_mb: count(0, 1_000_000, 1024),
  spill_directory: Type.Optional(
    Type.String({
      minLength: 1,
      description: "Where what finds no room in memory waits, encrypted. The system's temporary folder by default.",
    }),
  ),
  shutdown_timeout_secs: count(1, 600, 10),
})

export type RecorderOptions = Static<typeof options>
