import type { PluginOption } from '../plugin.ts'

/** Upstream connection settings, by provider or for all. Times in seconds. */
export interface HttpClientConfig {
  /** A whole request, from the first byte sent to the last received. Default 600; 0 for none. */
  timeout_secs?: number
  /** Default 10. */
  connect_timeout_secs?: number
  /** Idle connections kept open to each host. Default 32. */
  pool_max_idle_per_host?: number
  /** How long an idle connection is kept. Default 90. */
  pool_idle_timeout_secs?: number
  /** TCP keep-alive probes. Default 60; 0 for none. */
  tcp_keepalive_secs?: number
  /** Retries after a failure to connect or a connection lost before the response. Default 3, at most 10. */
  max_retries?: number
  /** Whether pool metrics are kept. Default true. */
  enable_pool_metrics?: boolean
  /** Offer HTTP/2 to HTTPS upstreams. Default false: HTTP/1.1 costs far less per request. */
  http2?: boolean
  /** Connections opened before the first request. Default 0. */
  warm_connections?: number
}

/** Keys of a provider's entry that plugins of LunaRoute read, for configs in TypeScript. Data files may hold any plugin's. */
export interface PluginProviderKeys {
  /** Headers by name; templates. */
  request_headers?: Readonly<Record<string, string>>
  request_body?: {
    /** Fields for requests that lack them. */
    defaults?: Readonly<Record<string, unknown>>
    /** Fields for every request, whatever it says. */
    overrides?: Readonly<Record<string, unknown>>
    /** Put before the conversation. */
    prepend_messages?: readonly { role: 'system' | 'developer' | 'user' | 'assistant'; content: string }[]
  }
  /** Fields added to answers that are no streams. */
  response_body?: {
    /** Default false. */
    enabled?: boolean
    /** The field that holds `fields`. Default `lunaroute`. */
    metadata_namespace?: string
    fields?: Readonly<Record<string, unknown>>
    /** Fields beside it. */
    extension_fields?: Readonly<Record<string, unknown>>
  }
  /** What the model is told when this provider stands in for another one. */
  switch_notification_message?: string
}

export interface ProviderConfig extends PluginProviderKeys {
  /**
   * The dialects it speaks: one, or several where the same host serves them. A family's name, such as `openai`, means
   * all of it. Data files may also call this key `type` or `provider_type`.
   */
  dialect?: string | readonly string[]
  /** With or without a trailing version segment. */
  base_url?: string
  /** Used when the client sends no credential of its own. */
  api_key?: string
  /** Several keys of one account or more, for plugins that spread requests over them. */
  api_keys?: readonly string[]
  enabled?: boolean
  /** Headers added to every request to it. */
  headers?: Readonly<Record<string, string>>
  /** The version of its API, sent where its dialect names one: `anthropic-version`. */
  api_version?: string
  http_client?: HttpClientConfig
}

export interface TlsConfig {
  /** PEM files. */
  cert: string
  key: string
}

export interface ListenerConfig {
  name?: string
  /** Default: the config's host. */
  host?: string
  port: number
  /** Dialects served here. Default: all that are loaded. */
  dialects?: readonly string[]
  tls?: TlsConfig
  /** Largest request body, in bytes. Default: http_server.max_request_body_bytes. */
  body_limit?: number
}

export interface HttpServerConfig {
  /** Default 104857600 (100 MiB). */
  max_request_body_bytes?: number
  /** Time for a request's headers to arrive, in milliseconds. Default 15000. */
  header_timeout_ms?: number
  /** How long an idle client connection is kept, in seconds. Default 75. */
  keepalive_timeout_secs?: number
  /** How long a shutdown waits for requests to finish, in seconds. Default 30. */
  shutdown_timeout_secs?: number
  /** Host names, beside loopback ones, that a loopback listener answers to. */
  allowed_hosts?: readonly string[]
}

/** The gateway's log, on standard output. A plugin whose section is `logging` reads the other keys of that section. */
export interface LoggingConfig {
  /** Default `info`. */
  level?: 'trace' | 'debug' | 'info' | 'warn' | 'error'
  /** `auto` (the default) is pretty on a terminal and JSON elsewhere. */
  format?: 'auto' | 'json' | 'pretty'
}

/** Where requests for a model go. */
export interface ModelConfig {
  /** A provider of this config. */
  provider: string
  /** What the provider calls the model. Default: what the client calls it. */
  model?: string
  /** Another spelling of `model`. */
  api_model?: string
}

/** USD for a million tokens of a model. What is cached costs as much as `input`, and thinking as `output`, unless given. */
export interface PriceConfig {
  input: number
  output: number
  cache_read?: number
  cache_write?: number
  /** Written to be kept for an hour; as `cache_write`, unless given. */
  cache_write_1h?: number
  reasoning?: number
  audio_input?: number
  audio_output?: number
  /** Other prices for requests with more than so many tokens of input, cached ones included. */
  above?: readonly ({ tokens: number } & Partial<Omit<PriceConfig, 'above'>>)[]
}

/** Sections of plugins that come with LunaRoute, for configs in TypeScript. Data files may hold any plugin's section. */
export interface PluginSections {
  /** By a model's name, or a pattern with `*`, whatever the client's dialect. `false`: such models are not served. */
  models?: Readonly<Record<string, ModelConfig | false>>
  /** By a model's name or pattern; `file` names a file of prices, `providers` what price lists call a provider. */
  prices?: Readonly<Record<string, PriceConfig | string | Readonly<Record<string, string>>>>
}

/** A gateway: providers and a list of plugins. Also the schema of JSON, YAML and TOML config files. */
export interface Config extends PluginSections {
  /** Default `127.0.0.1`. */
  host?: string
  /** Default 8081. */
  port?: number
  /** Dialects served: a family (`openai`, `anthropic`, `gemini`), one dialect, or `both` for all. Default `both`. */
  api_dialect?: string
  /** Listeners instead of the one at `host` and `port`. */
  listeners?: readonly ListenerConfig[]
  http_server?: HttpServerConfig
  /** Defaults for every provider. */
  http_client?: HttpClientConfig
  logging?: LoggingConfig
  providers?: Readonly<Record<string, ProviderConfig>>
  /** Presets, by name or by value, in order. A config with neither `extends` nor `plugins` extends `default`. */
  extends?: PresetReference | readonly PresetReference[]
  /** Plugins after those of the presets; one of the same name takes the preset's place. */
  plugins?: readonly (PluginOption | PluginReference)[]
}

/** A preset's name (`local`), the path of its file, or its value. */
export type PresetReference = string | PluginOption

/** A plugin named in a data file: `metrics`, `./my-plugin.ts`, or the same with options. */
export type PluginReference = string | { readonly name: string; readonly options?: unknown }

/** Types a config file. */
export function defineConfig(config: Config): Config {
  return config
}
