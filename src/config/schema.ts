import { type TObject, type TProperties, type TSchema, Type } from '@sinclair/typebox'
import type {
  Config,
  HttpClientConfig,
  HttpServerConfig,
  ListenerConfig,
  LoggingConfig,
  PluginSections,
  ProviderConfig,
} from './define.ts'
import { isPlainObject, type Path } from './values.ts'

/** A documented key of the previous LunaRoute that is accepted and reported. */
const reported = <S extends TSchema>(schema: S): S => ({ ...schema, noEffect: true })

/** Closed, with every key optional. */
const section = <P extends TProperties>(properties: P): TObject =>
  Type.Partial(Type.Object(properties), { additionalProperties: false })

const anything = Type.Unknown()
const seconds = Type.Number({ minimum: 0, maximum: 2_000_000 })
const port = Type.Integer({ minimum: 0, maximum: 65_535 })
const words = Type.Array(Type.String({ minLength: 1 }))

export const httpClientSchema = section({
  timeout_secs: seconds,
  connect_timeout_secs: seconds,
  pool_max_idle_per_host: Type.Integer({ minimum: 0 }),
  pool_idle_timeout_secs: seconds,
  tcp_keepalive_secs: seconds,
  max_retries: Type.Integer({ minimum: 0 }),
  enable_pool_metrics: Type.Boolean(),
  http2: Type.Boolean(),
  warm_connections: Type.Integer({ minimum: 0, maximum: 1000 }),
} satisfies Record<keyof HttpClientConfig, TSchema>)

const dialect = Type.Union([Type.String({ minLength: 1 }), Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })])

const provider = section({
  dialect,
  type: dialect,
  provider_type: dialect,
  base_url: Type.String({ minLength: 1 }),
  api_keys: Type.Array(Type.String()),
  api_key: Type.String(),
  enabled: Type.Boolean(),
  headers: Type.Record(Type.String(), Type.String()),
  api_version: Type.String({ minLength: 1 }),
  http_client: httpClientSchema,
  model: reported(anything),
  request_headers: reported(anything),
  request_body: reported(anything),
  response_body: reported(anything),
  codex_auth: reported(anything),
  switch_notification_message: reported(anything),
} satisfies Record<keyof ProviderConfig, TSchema> & TProperties)

const listener = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1 })),
    host: Type.Optional(Type.String({ minLength: 1 })),
    port,
    dialects: Type.Optional(words),
    tls: Type.Optional(
      Type.Object(
        { cert: Type.String({ minLength: 1 }), key: Type.String({ minLength: 1 }) },
        { additionalProperties: false },
      ),
    ),
    body_limit: Type.Optional(Type.Integer({ minimum: 1 })),
  } satisfies Record<keyof ListenerConfig, TSchema>,
  { additionalProperties: false },
)

const httpServer = section({
  max_request_body_bytes: Type.Integer({ minimum: 1 }),
  header_timeout_ms: Type.Integer({ minimum: 1 }),
  keepalive_timeout_secs: seconds,
  shutdown_timeout_secs: seconds,
  allowed_hosts: words,
  tcp_nodelay: reported(anything),
  tcp_keepalive_secs: reported(anything),
  sse_keepalive_interval_secs: reported(anything),
  sse_keepalive_enabled: reported(anything),
  send_buffer_size: reported(anything),
  recv_buffer_size: reported(anything),
} satisfies Record<keyof HttpServerConfig, TSchema> & TProperties)

const oneOf = (...values: string[]) => Type.Union(values.map(value => Type.Literal(value)))

const logging = section({
  level: oneOf('trace', 'debug', 'info', 'warn', 'error'),
  format: oneOf('auto', 'json', 'pretty'),
  log_sql_queries: reported(anything),
} satisfies Record<keyof LoggingConfig, TSchema> & TProperties)

/** The core's own part of a config. `extends` and `plugins` are checked where they are resolved. */
export const configSchema = section({
  host: Type.String({ minLength: 1 }),
  port,
  api_dialect: Type.String({ minLength: 1 }),
  listeners: Type.Array(listener, { minItems: 1 }),
  http_server: httpServer,
  http_client: httpClientSchema,
  logging,
  providers: Type.Record(Type.String(), provider),
  extends: anything,
  plugins: anything,
} satisfies Record<Exclude<keyof Config, keyof PluginSections>, TSchema>)

/** The paths in a checked value that are accepted but do nothing. */
export function withoutEffect(value: unknown, schema: TSchema = configSchema, path: Path = []): Path[] {
  if (schema.noEffect === true) return [path]
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => (schema.items ? withoutEffect(item, schema.items, [...path, index]) : []))
  }
  if (!isPlainObject(value)) return []
  const patterns = Object.values((schema.patternProperties ?? {}) as Record<string, TSchema>)
  return Object.entries(value).flatMap(([key, inner]) => {
    const own = (schema.properties as Record<string, TSchema> | undefined)?.[key] ?? patterns[0]
    return own ? withoutEffect(inner, own, [...path, key]) : []
  })
}
