import { type Static, Type, withDefault } from 'lunaroute'

const closed = { additionalProperties: false }

const retention = Type.Object(
  {
    max_age_days: withDefault(Type.Integer({ minimum: 0, description: 'Older sessions are deleted. 0: never.' }), 30),
    max_total_size_gb: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        description: 'The oldest sessions are deleted when all together take more. Default 10.',
      }),
    ),
    max_size_mb: Type.Optional(Type.Number({ exclusiveMinimum: 0, description: 'The same in megabytes.' })),
    compress_after_days: withDefault(Type.Integer({ minimum: 0, description: 'Older ones become .zst. 0: never.' }), 7),
    cleanup_interval_minutes: withDefault(Type.Integer({ minimum: 1, maximum: 35_000 }), 60),
  },
  closed,
)

const encryption = Type.Object(
  {
    key_file: Type.Optional(
      Type.String({ minLength: 1, description: 'A file with 32 bytes, as they are, in hex or in base64.' }),
    ),
    password: Type.Optional(Type.String({ minLength: 8, description: 'The key is derived from it by Argon2id.' })),
  },
  closed,
)

export const options = Type.Object({
  enabled: withDefault(Type.Boolean(), true),
  directory: withDefault(Type.String({ minLength: 1 }), '~/.lunaroute/sessions'),
  retention: withDefault(retention, { max_age_days: 30, compress_after_days: 7, cleanup_interval_minutes: 60 }),
  encryption: Type.Optional(encryption),
})

export type JsonlOptions = Static<typeof options>

/** The options as the writer's module takes them. */
export interface LogOptions {
  /** An absolute path. */
  readonly directory: string
  readonly encryption: JsonlOptions['encryption'] | null
}

export interface WriterOptions extends LogOptions {
  readonly retention: RetentionRules
}

/** In milliseconds and bytes; infinite where there is no limit. */
export interface RetentionRules {
  readonly maxAge: number
  readonly maxBytes: number
  readonly compressAfter: number
  readonly interval: number
}

const DAY = 86_400_000

export function rulesOf({ retention: given }: JsonlOptions): RetentionRules {
  const megabytes = given.max_size_mb ?? (given.max_total_size_gb ?? 10) * 1024
  return {
    maxAge: given.max_age_days === 0 ? Number.POSITIVE_INFINITY : given.max_age_days * DAY,
    maxBytes: megabytes * 1024 * 1024,
    compressAfter: given.compress_after_days === 0 ? Number.POSITIVE_INFINITY : given.compress_after_days * DAY,
    interval: given.cleanup_interval_minutes * 60_000,
  }
}
