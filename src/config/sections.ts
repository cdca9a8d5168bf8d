import { booleanFrom, coerce } from './coerce.ts'
import type { Config } from './define.ts'
import { DOCUMENTED_LOGGING, DOCUMENTED_SECTIONS } from './documented.ts'
import type { Loading } from './loading.ts'
import type { Program } from './program.ts'
import type { PluginUse } from './references.ts'
import { configSchema, withoutEffect } from './schema.ts'
import { shippedPlugin } from './shipped.ts'
import { locate, remark } from './source.ts'
import { didYouMean, suggest } from './suggest.ts'
import { validate } from './validate.ts'
import { copyOf, isPlainObject } from './values.ts'

/** A config's top-level keys: the core's own, and the sections of plugins. */
export interface Sections {
  readonly own: Readonly<Record<string, unknown>>
  readonly others: ReadonlyMap<string, unknown>
  /** The providers' entries as they were written. */
  readonly providers: Readonly<Record<string, unknown>>
}

/** What a config gives a plugin beside its options: its section, and its keys of the providers' entries. */
export interface Share {
  readonly section: unknown
  /** `{ providers: { <name>: { <key> } } }` */
  readonly entries: unknown
}

/** Parts a config between the core and the plugins. */
export function splitSections(value: Readonly<Record<string, unknown>>, uses: readonly PluginUse[]): Sections {
  const entries = Object.entries(value)
  const isOwn = (key: string) => key in configSchema.properties
  const own = Object.fromEntries(entries.filter(([key]) => isOwn(key)))
  const others = new Map(entries.filter(([key, section]) => !isOwn(key) && section !== undefined))
  shareLogging(own, others, uses)
  const read = new Set(uses.flatMap(({ plugin }) => plugin.section ?? []))
  for (const section of new Set([...read, ...DOCUMENTED_SECTIONS])) {
    const [outer, inner] = section.split('.') as [string, string?]
    // Where neither of the two is read, the outer one is what is reported.
    if (inner !== undefined && (read.has(section) || read.has(outer))) takeOut(others, outer, inner)
  }
  const providers = isPlainObject(own.providers) ? own.providers : {}
  if (own.providers === providers) own.providers = withoutKeys(providers, keysRead(uses))
  return { own, others, providers }
}

/** The core's own keys, checked. */
export function checkOwn(given: Readonly<Record<string, unknown>>, loading: Loading): Config {
  const { extends: _presets, plugins: _plugins, ...own } = given
  const { source, problems, warnings, isText } = loading
  const value = isText ? coerce(own, configSchema) : copyOf(own)
  for (const { path, message } of validate(configSchema, value)) {
    problems.push({ message, location: locate(source, path) })
  }
  for (const path of withoutEffect(value)) {
    const isPlugins = path[0] === 'providers' && path.length === 3
    warnings.push(remark(source, path, isPlugins ? 'no loaded plugin reads this key' : 'has no effect yet'))
  }
  return value as Config
}

/** A key that is not the core's belongs to a plugin, or to a feature of the documents that is not loaded. */
export async function checkSections(
  sections: ReadonlyMap<string, unknown>,
  uses: readonly PluginUse[],
  program: Program,
  loading: Loading,
): Promise<void> {
  const read = new Set(uses.flatMap(({ plugin }) => plugin.section ?? []))
  for (const [key, section] of sections) {
    if (read.has(key)) continue
    if (key === 'logging') reportLogging(section, loading)
    else if (DOCUMENTED_SECTIONS.has(key)) {
      loading.warnings.push(remark(loading.source, key.split('.'), `no loaded plugin reads this section`))
    } else {
      const known = [...Object.keys(configSchema.properties), ...read, ...DOCUMENTED_SECTIONS]
      const plugin = await shippedPlugin(program, each => each.section === key)
      const message =
        plugin === undefined
          ? `unknown key "${key}"${didYouMean(key, known)}`
          : `the section "${key}" is that of the plugin ${plugin}, which this configuration does not have; add "${plugin}" to its plugins`
      loading.problems.push({ message, location: locate(loading.source, [key]) })
    }
  }
}

/** What the core left of `logging`, when no plugin wants it. */
function reportLogging(section: unknown, { source, problems, warnings }: Loading): void {
  for (const key of Object.keys(isPlainObject(section) ? section : {})) {
    const path = ['logging', key]
    if (DOCUMENTED_LOGGING.has(key)) warnings.push(remark(source, path, 'no loaded plugin reads this key'))
    else {
      const known = [...Object.keys(configSchema.properties.logging!.properties), ...DOCUMENTED_LOGGING]
      problems.push({ message: `unknown key "${key}"${didYouMean(key, known)}`, location: locate(source, path) })
    }
  }
}

/** What a config gives a plugin in its section and in the providers' entries. */
export function shareOf({ plugin }: PluginUse, { others, providers }: Sections): Share {
  // `ui:` with nothing behind it is YAML's null, and says nothing.
  const section = plugin.section === undefined ? undefined : (others.get(plugin.section) ?? undefined)
  const entries = Object.entries(providers).flatMap(([name, entry]) => {
    if (!isPlainObject(entry) || isOff(entry.enabled)) return []
    const given = plugin.providerKeys.filter(key => entry[key] !== undefined && entry[key] !== null)
    return given.length === 0 ? [] : [[name, Object.fromEntries(given.map(key => [key, entry[key]]))] as const]
  })
  return { section, entries: entries.length === 0 ? undefined : { providers: Object.fromEntries(entries) } }
}

function keysRead(uses: readonly PluginUse[]): ReadonlySet<string> {
  return new Set(uses.flatMap(({ plugin }) => plugin.providerKeys))
}

function withoutKeys(providers: Readonly<Record<string, unknown>>, keys: ReadonlySet<string>): unknown {
  if (keys.size === 0) return providers
  const rest = (entry: unknown) =>
    isPlainObject(entry) ? Object.fromEntries(Object.entries(entry).filter(([key]) => !keys.has(key))) : entry
  return Object.fromEntries(Object.entries(providers).map(([name, entry]) => [name, rest(entry)]))
}

function isOff(enabled: unknown): boolean {
  return enabled === false || (typeof enabled === 'string' && booleanFrom(enabled) === false)
}

/** Makes a part of a section a section of its own. */
function takeOut(sections: Map<string, unknown>, outer: string, inner: string): void {
  const section = sections.get(outer)
  if (!isPlainObject(section) || section[inner] === undefined) return
  const { [inner]: part, ...rest } = section
  sections.set(`${outer}.${inner}`, part)
  if (Object.keys(rest).length > 0) sections.set(outer, rest)
  else sections.delete(outer)
}

/** `logging` has two readers: the core takes what concerns every line, a plugin with that section the rest. */
function shareLogging(
  given: Record<string, unknown>,
  sections: Map<string, unknown>,
  uses: readonly PluginUse[],
): void {
  const { logging } = given
  if (!isPlainObject(logging)) return
  const known = Object.keys(configSchema.properties.logging!.properties)
  const readers = uses.filter(({ plugin }) => plugin.section === 'logging')
  const wanted = readers.flatMap(({ plugin }) => Object.keys(plugin.schema?.properties ?? {}))
  // A misspelled key of the core's is the core's to name.
  const isCore = ([key]: [string, unknown]) =>
    known.includes(key) || (!wanted.includes(key) && !DOCUMENTED_LOGGING.has(key) && suggest(key, known) !== undefined)
  const entries = Object.entries(logging)
  given.logging = Object.fromEntries(entries.filter(isCore))
  const rest = entries.filter(entry => !isCore(entry))
  if (rest.length > 0) sections.set('logging', Object.fromEntries(rest))
}
