import type { ConfigNames } from '../plugin.ts'
import type { Environment } from './environment.ts'
import type { Problem } from './problem.ts'
import type { ResolvedConfig, ResolvedPlugin } from './resolved.ts'
import type { ConfigSource } from './source.ts'
import { didYouMean } from './suggest.ts'

/** What every step of one load shares. */
export interface Loading {
  readonly source: ConfigSource
  /** Whether values may be text where the schema wants something else: in data files, and under variables. */
  readonly isText: boolean
  readonly env: Environment
  readonly home: string
  /** Every file that takes part: what to watch. */
  readonly files: Set<string>
  /** Collected, so that one run names them all. */
  readonly problems: Problem[]
  readonly warnings: string[]
}

/** The names of the dialects that the plugins bring. */
export function dialectsOf(plugins: readonly Pick<ResolvedPlugin, 'plugin'>[]): string[] {
  return [...new Set(plugins.flatMap(({ plugin }) => plugin.dialects.map(({ name }) => name)))]
}

/** What a configuration has names for. */
export function namesOf({
  providers,
  plugins,
  server,
}: Pick<ResolvedConfig, 'providers' | 'plugins' | 'server'>): ConfigNames {
  return {
    providers: providers.map(each => each.name),
    listeners: server.listeners.map(each => each.name),
    dialects: dialectsOf(plugins),
    plugins: plugins.map(each => each.plugin.name),
    didYouMean,
  }
}

/** The header of each dialect in which its version is named, for those that have one. */
export function versionHeadersOf(plugins: readonly Pick<ResolvedPlugin, 'plugin'>[]): ReadonlyMap<string, string> {
  const dialects = plugins.flatMap(({ plugin }) => plugin.dialects)
  return new Map(dialects.flatMap(({ name, versionHeader }) => (versionHeader ? [[name, versionHeader] as const] : [])))
}

/** A dialect by its name, or every loaded one of a family: `openai` for `openai-chat` and `openai-responses`. */
export function expandDialect(name: string, loaded: readonly string[]): readonly string[] {
  return loaded.includes(name) ? [name] : loaded.filter(each => familyOf(each) === name)
}

/** Why a dialect's name means nothing here. */
export function unknownDialect(name: string, loaded: readonly string[]): string {
  const near = didYouMean(name, [...loaded, ...loaded.map(familyOf)])
  const list = loaded.length > 0 ? `loaded are ${loaded.join(', ')}` : 'none is loaded'
  return `no loaded plugin speaks the dialect "${name}"${near}; ${list}`
}

function familyOf(dialect: string): string {
  return dialect.split('-')[0]!
}
