import type { Plugin } from '../plugin.ts'

/** Upstream connection settings with every default filled in. Times in milliseconds; 0 means none. */
export interface UpstreamSettings {
  readonly totalTimeout: number
  readonly connectTimeout: number
  readonly maxIdle: number
  readonly idleTimeout: number
  readonly tcpKeepAlive: number
  readonly maxRetries: number
  readonly metrics: boolean
  readonly http2: boolean
  readonly warm: number
}

/** A provider ready to be called. Holds its key: never hand it to a plugin or a log. */
export interface ResolvedProvider {
  readonly name: string
  /** In order of preference; at least one. */
  readonly dialects: readonly string[]
  /** Without a closing slash, a query or credentials. */
  readonly baseUrl: string
  /** In order; the first is used unless a plugin chooses another. */
  readonly apiKeys: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  readonly upstream: UpstreamSettings
  /** The proxy its requests go through, from HTTPS_PROXY, HTTP_PROXY and NO_PROXY. */
  readonly proxy: string | undefined
}

export interface ResolvedListener {
  readonly name: string
  readonly host: string
  readonly port: number
  /** Null for every dialect that is loaded. */
  readonly dialects: readonly string[] | null
  /** PEM texts, already read: the files are among those to watch. */
  readonly tls: { readonly cert: string; readonly key: string } | null
  /** In bytes. */
  readonly bodyLimit: number
}

/** Times in milliseconds. */
export interface ResolvedServer {
  readonly listeners: readonly ResolvedListener[]
  readonly headerTimeout: number
  readonly keepAliveTimeout: number
  readonly shutdownTimeout: number
  readonly allowedHosts: readonly string[]
}

/** A plugin with its options merged from code, file and environment, checked, and their defaults filled in. */
export interface ResolvedPlugin {
  readonly plugin: Plugin
  readonly options: unknown
}

export interface ResolvedLogging {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error'
  readonly format: 'auto' | 'json' | 'pretty'
}

/** A whole configuration, checked. What a generation is built from. */
export interface ResolvedConfig {
  readonly server: ResolvedServer
  readonly logging: ResolvedLogging
  readonly providers: readonly ResolvedProvider[]
  readonly plugins: readonly ResolvedPlugin[]
}

/** A configuration as it came from the files and the environment. */
export interface LoadedConfig {
  readonly config: ResolvedConfig
  /** The config file, or null for the embedded defaults. */
  readonly file: string | null
  /** What plugins' files of data are relative to. */
  readonly folder: string
  /** Every file it was made from: what to watch. */
  readonly files: readonly string[]
  readonly warnings: readonly string[]
}
