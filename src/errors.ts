/**
 * Every code a client, an operator or a plugin author can meet, with the HTTP status it carries by default.
 * Codes are stable API; docs/errors.md documents exactly these (a test compares the two).
 */
export const ERROR_CODES = {
  LR_BAD_REQUEST: 400,
  LR_BAD_JSON: 400,
  LR_BAD_UTF8: 400,
  LR_UNSUPPORTED: 400,
  LR_UNAUTHORIZED: 401,
  LR_HOST: 403,
  LR_FORBIDDEN: 403,
  LR_NOT_FOUND: 404,
  LR_METHOD: 405,
  LR_REQUEST_TIMEOUT: 408,
  LR_TOO_LARGE: 413,
  LR_CONTENT_TYPE: 415,
  LR_UPGRADE: 426,
  LR_ALL_LIMITED: 429,
  LR_HEADERS_TOO_LARGE: 431,
  LR_INTERNAL: 500,
  LR_PLUGIN: 500,
  LR_UPSTREAM_CONNECT: 502,
  LR_UPSTREAM_RESET: 502,
  LR_UPSTREAM_PROTOCOL: 502,
  LR_UPSTREAM_CUT: 502,
  LR_UPSTREAM_ERROR: 502,
  LR_NO_PROVIDER: 503,
  LR_CIRCUIT_OPEN: 503,
  LR_SHUTTING_DOWN: 503,
  LR_UPSTREAM_TIMEOUT: 504,
  LR_CONFIG: 500,
} as const

export type ErrorCode = keyof typeof ERROR_CODES

export interface GatewayErrorOptions extends ErrorOptions {
  /** Extra response headers, such as `retry-after` or `allow`. */
  readonly headers?: Readonly<Record<string, string>>
  /** The request field at fault, where there is one. */
  readonly param?: string
}

/**
 * A failure the gateway or a plugin raises on purpose. `code` is stable, `status` is the HTTP status the client sees,
 * and `message` is a sentence for that client: it names the thing and the remedy, and never holds a secret or a path.
 * Plugins may use codes of their own. The `cause` stays in the gateway's log.
 */
export class GatewayError extends Error {
  readonly code: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>> | undefined
  readonly param: string | undefined

  constructor(code: ErrorCode | (string & {}), status: number, message: string, options: GatewayErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = 'GatewayError'
    this.code = code
    this.status = status
    this.headers = options.headers
    this.param = options.param
  }
}

/** Anything other than a GatewayError that a plugin threw: says which plugin, in which hook. */
export class PluginError extends GatewayError {
  readonly plugin: string
  readonly hook: string

  constructor(plugin: string, hook: string, cause: unknown) {
    super('LR_PLUGIN', 500, `the gateway's plugin "${plugin}" failed in its ${hook} hook`, { cause })
    this.name = 'PluginError'
    this.plugin = plugin
    this.hook = hook
  }
}

/** Where in the configuration a problem is. Lines and columns count from 1. */
export interface ConfigLocation {
  readonly file: string
  readonly line?: number
  readonly column?: number
  /** The key's path, as `providers.openai.base_url`. */
  readonly key?: string
}

/** A problem in a config file, a plugin file or a plugin's options, found before anything listens or is swapped. */
export class ConfigError extends GatewayError {
  readonly location: ConfigLocation | undefined
  /** The plugin that could not be built, when it is known. */
  readonly plugin: string | undefined

  constructor(message: string, options: GatewayErrorOptions & { location?: ConfigLocation; plugin?: string } = {}) {
    super('LR_CONFIG', 500, message, options)
    this.name = 'ConfigError'
    this.location = options.location
    this.plugin = options.plugin
  }

  /** `file:line:column key: message`, with only the parts that are known. */
  override toString(): string {
    const at = this.location
    if (!at) return this.message
    const place = [at.file, at.line, at.line && at.column].filter(Boolean).join(':')
    return `${place}${at.key ? ` ${at.key}` : ''}: ${this.message}`
  }
}
