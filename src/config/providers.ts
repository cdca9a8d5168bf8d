import type { ProviderDefaults } from '../plugin.ts'
import type { HttpClientConfig, ProviderConfig } from './define.ts'
import { CLIENT_VARIABLES } from './environment.ts'
import { expandDialect, type Loading, unknownDialect } from './loading.ts'
import { proxyFor } from './proxy.ts'
import type { ResolvedProvider, UpstreamSettings } from './resolved.ts'
import { httpClientSchema } from './schema.ts'
import { locate, remark } from './source.ts'
import type { Path } from './values.ts'

/** A provider as data files may write it, with the names older documents use for `dialect`. */
export interface WrittenProvider extends ProviderConfig {
  readonly type?: ProviderConfig['dialect']
  readonly provider_type?: ProviderConfig['dialect']
}

/** What a config says about providers, and the defaults that plugins bring. */
export interface ProviderInput {
  readonly written: Readonly<Record<string, WrittenProvider>>
  readonly shared: HttpClientConfig
  readonly defaults: ReadonlyMap<string, ProviderDefaults>
  readonly dialects: readonly string[]
  /** By dialect. */
  readonly versionHeaders: ReadonlyMap<string, string>
}

const MAX_RETRIES = 10

/** Every enabled provider: those of the plugins first, then the config's own, in order. */
export function resolveProviders(input: ProviderInput, loading: Loading): ResolvedProvider[] {
  const names = new Set([...input.defaults.keys(), ...Object.keys(input.written)])
  return [...names].flatMap(name => resolveProvider(name, input, loading) ?? [])
}

function resolveProvider(name: string, input: ProviderInput, loading: Loading): ResolvedProvider | undefined {
  const written: WrittenProvider = input.written[name] ?? {}
  const defaults = input.defaults.get(name)
  const settings = settingsOf(name, written.http_client ?? {}, input.shared, loading)
  const envKey = defaults?.api_key_env && loading.env.text(defaults.api_key_env)
  if (written.enabled === false) return undefined

  const path: Path = ['providers', name]
  const { problems } = loading
  const complain = (key: string, message: string) => {
    problems.push({ message, location: locate(loading.source, key in written ? [...path, key] : path) })
  }
  const before = problems.length
  const dialectKey = (['dialect', 'type', 'provider_type'] as const).find(key => written[key] !== undefined)
  const dialect = (dialectKey && written[dialectKey]) ?? defaults?.dialect
  const address = written.base_url ?? defaults?.base_url
  if (dialect === undefined || address === undefined) {
    const missing = [dialect === undefined && 'dialect', address === undefined && 'base_url'].filter(Boolean)
    complain('', `no loaded plugin brings a provider "${name}", so it must have a ${missing.join(' and a ')}`)
    return undefined
  }
  const dialects = [dialect].flat().flatMap(each => {
    const found = expandDialect(each, input.dialects)
    if (found.length === 0) complain(dialectKey ?? 'dialect', unknownDialect(each, input.dialects))
    return found
  })
  const baseUrl = checkedUrl(address, message => complain('base_url', message))
  const headers = { ...written.headers }
  if (written.api_version !== undefined) {
    const header = dialects.map(each => input.versionHeaders.get(each)).find(each => each !== undefined)
    if (header === undefined) complain('api_version', `the dialect ${dialects.join(', ')} names no version`)
    else headers[header] ??= written.api_version
  }
  checkHeaders(headers, message => complain('headers', message))
  if (problems.length > before || baseUrl === undefined) return undefined

  return {
    name,
    dialects: [...new Set(dialects)],
    baseUrl,
    apiKeys: keysOf(written, envKey),
    headers,
    upstream: settings,
    proxy: proxyFor(baseUrl, loading.env),
  }
}

/** The environment's key stands before those of the config, or in place of the one there. */
function keysOf({ api_key, api_keys }: WrittenProvider, envKey: string | undefined): readonly string[] {
  const keys = [envKey?.trim() || api_key, ...(api_keys ?? [])].flatMap(each => each?.trim() || [])
  return [...new Set(keys)]
}

function settingsOf(
  name: string,
  own: HttpClientConfig,
  shared: HttpClientConfig,
  { env, source, problems, warnings }: Loading,
): UpstreamSettings {
  const fromEnv: Record<string, unknown> = {}
  const prefix = `LUNAROUTE_${name.replace(/[^A-Za-z0-9]/g, '_').toUpperCase()}_`
  for (const [suffix, key] of Object.entries(CLIENT_VARIABLES)) {
    const value = env.value(prefix + suffix, httpClientSchema.properties[key], problems)
    if (value !== undefined) fromEnv[key] = value
  }
  const given: HttpClientConfig = { ...shared, ...own, ...fromEnv }
  const retries = given.max_retries ?? 3
  if (retries > MAX_RETRIES) {
    const key = [...('max_retries' in own ? ['providers', name] : []), 'http_client', 'max_retries']
    const message = `${retries} retries are too many for provider "${name}"; ${MAX_RETRIES} are made`
    warnings.push('max_retries' in fromEnv ? `${prefix}MAX_RETRIES: ${message}` : remark(source, key, message))
  }
  return {
    totalTimeout: (given.timeout_secs ?? 600) * 1000,
    connectTimeout: (given.connect_timeout_secs ?? 10) * 1000,
    maxIdle: given.pool_max_idle_per_host ?? 32,
    idleTimeout: (given.pool_idle_timeout_secs ?? 90) * 1000,
    tcpKeepAlive: (given.tcp_keepalive_secs ?? 60) * 1000,
    maxRetries: Math.min(retries, MAX_RETRIES),
    metrics: given.enable_pool_metrics ?? true,
    http2: given.http2 ?? false,
    warm: given.warm_connections ?? 0,
  }
}

/** The URL without a closing slash. No message repeats it: it may hold a password. */
function checkedUrl(text: string, complain: (message: string) => void): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) {
    complain('must be a URL that begins with http:// or https://')
  } else if (url.username || url.password) {
    complain('must not hold a user name or password; put the key in api_key')
  } else if (url.search || url.hash) {
    complain('must end before any ? or #')
  } else {
    return url.origin + url.pathname.replace(/\/+$/, '')
  }
  return undefined
}

function checkHeaders(headers: Readonly<Record<string, string>>, complain: (message: string) => void): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) complain(`"${name}" is no name of a header`)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what may not stand in a header is the point
    else if (/[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]/.test(value))
      complain(`header "${name}" has a character that none may`)
  }
}
