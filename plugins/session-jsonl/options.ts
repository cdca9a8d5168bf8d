import { type Static, Type, withDefault } from 'lunaroute'

const closed = { additionalProperties: false }

const retention = Type.Object(
  {
    max_age_days: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Older sessions are deleted. 0: never. Default 30.' }),
    ),
    max_total_size_gb: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        description: 'The oldest sessions are deleted when all together take more. Default 10.',
      }),
    ),
    max_size_mb: Type.Optional(Type.Number({ exclusiveMinimum: 0, description: 'The same in megabytes.' })),
    compress_after_days: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Older ones become .zst. 0: never. Default 7.' }),
    ),
    cleanup_interval_minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 35_000, description: 'Default 60.' })),
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
  retention: withDefault(retention, {}),
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

export function rulesOf({ retention: given }: Pick<JsonlOptions, 'retention'>): RetentionRules {
  const { deleted, compressed } = daysOf(given)
  const megabytes = given.max_size_mb ?? (given.max_total_size_gb ?? 10) * 1024
  return {
    maxAge: deleted === 0 ? Number.POSITIVE_INFINITY : deleted * DAY,
    maxBytes: megabytes * 1024 * 1024,
    compressAfter: compressed === 0 ? Number.POSITIVE_INFINITY : compressed * DAY,
    interval: (given.cleanup_interval_minutes ?? 60) * 60_000,
  }
}

/** After how many days; 0 is never. */
export function daysOf({ max_age_days: deleted = 30, compress_after_days: compressed }: JsonlOptions['retention']) {
  // Who keeps sessions for less than a week has not asked for compression by that.
  return { deleted, compressed: compressed ?? (deleted > 0 && deleted <= 7 ? 0 : 7) }
}
