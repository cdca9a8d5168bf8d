import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, resolve } from 'node:path'
import { ConfigError } from '../errors.ts'
import { coerce } from './coerce.ts'
import { isDataFile, parseDataFile } from './data-file.ts'
import type { Config } from './define.ts'
import { DOCUMENTED_SECTIONS } from './documented.ts'
import { Environment } from './environment.ts'
import { findConfigFile } from './find-file.ts'
import { interpolate } from './interpolate.ts'
import { loadModule } from './load-module.ts'
import { dialectsOf, type Loading } from './loading.ts'
import { resolveLogging } from './logging.ts'
import { resolveOptions } from './plugin-options.ts'
import { LoadFailure, type Problem, throwIfAny } from './problem.ts'
import { type Program, runningProgram } from './program.ts'
import { resolveProviders, type WrittenProvider } from './providers.ts'
import { type PluginUse, resolveReferences } from './references.ts'
import type { LoadedConfig } from './resolved.ts'
import { configSchema, withoutEffect } from './schema.ts'
import { resolveServer } from './server.ts'
import { type ConfigSource, embeddedDefaults, locate, moduleSource, remark } from './source.ts'
import { didYouMean } from './suggest.ts'
import { validate } from './validate.ts'
import { copyOf, isPlainObject, kindOf } from './values.ts'

export interface LoadOptions {
  readonly cwd: string
  /** The configuration itself, instead of a file. */
  readonly config?: Config | undefined
  /** `--config`. */
  readonly file?: string | undefined
  readonly env: NodeJS.ProcessEnv
  /** Command-line flags, as the environment variables they stand for. They win. */
  readonly overrides?: Readonly<Record<string, string | undefined>> | undefined
  /** Default: the user's. */
  readonly home?: string | undefined
  /** What `lunaroute/...` and the names of presets and plugins mean. Default: this program. */
  readonly program?: Program | undefined
}

/** Finds, evaluates and checks the configuration. Throws a LoadFailure, which also says what to watch. */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const files = new Set<string>()
  try {
    return await load(options, files)
  } catch (error) {
    if (error instanceof ConfigError) throw new LoadFailure(error, [...files])
    const message = `the configuration could not be loaded: ${error instanceof Error ? error.message : String(error)}`
    throw new LoadFailure(new ConfigError(message, { cause: error }), [...files])
  }
}

async function load(options: LoadOptions, files: Set<string>): Promise<LoadedConfig> {
  const program = options.program ?? runningProgram()
  const home = options.home ?? homedir()
  const cwd = resolve(options.cwd)
  const env = new Environment(options.env, options.overrides)
  const problems: Problem[] = []
  const warnings: string[] = []

  const written = await readSource({ ...options, cwd, home }, env, program, files)
  const value = written.isData ? interpolate(written, env, problems) : written.value
  throwIfAny(problems)
  const source: ConfigSource = { ...written, value }
  const loading: Loading = { source, env, home, files, problems, warnings }

  const entries = Object.entries(value as Record<string, unknown>)
  const isOwn = (key: string) => key in configSchema.properties
  const given = Object.fromEntries(entries.filter(([key]) => isOwn(key)))
  const sections = new Map(entries.filter(([key, section]) => !isOwn(key) && section !== undefined))
  shareLogging(given, sections)

  // A config that names no plugin at all wants the usual ones: every config of the documents is such a one.
  const lists = { extends: given.extends, plugins: given.plugins }
  if (lists.extends === undefined && lists.plugins === undefined) lists.extends = ['default']
  const uses = await resolveReferences(lists, program, loading)

  const config = checkOwn(given, loading)
  checkSections(sections, uses, loading)
  const plugins = uses.map(use => resolveOptions(use, sectionOf(use, sections), loading))
  throwIfAny(problems)

  const dialects = dialectsOf(plugins)
  const server = resolveServer(config, dialects, loading)
  const logging = resolveLogging(config, loading)
  const defaults = new Map(plugins.flatMap(({ plugin }) => Object.entries(plugin.providers)))
  const providers = resolveProviders(
    {
      written: (config.providers ?? {}) as Readonly<Record<string, WrittenProvider>>,
      shared: config.http_client ?? {},
      defaults,
      dialects,
    },
    loading,
  )
  throwIfAny(problems)
  return {
    config: { server, logging, providers, plugins },
    file: source.file,
    files: [...files],
    warnings: [...warnings, ...env.remarks()],
  }
}

async function readSource(
  search: { cwd: string; home: string; file?: string | undefined; config?: Config | undefined },
  env: Environment,
  program: Program,
  files: Set<string>,
): Promise<ConfigSource> {
  if (search.config) return { ...embeddedDefaults(search.cwd), value: search.config }
  const file = await findConfigFile({ ...search, file: search.file, env }).catch((error: unknown) => {
    // A file that is named but missing is watched: creating it heals the gateway.
    if (error instanceof ConfigError && error.location) files.add(error.location.file)
    throw error
  })
  if (file === null) return embeddedDefaults(search.cwd)
  files.add(file)
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ConfigError(`cannot be read (${error.code})`, { location: { file }, cause: error })
  })
  let source: ConfigSource
  if (!isDataFile(file)) source = moduleSource(file, await loadModule(file, program, files), text)
  else source = basename(file) === 'package.json' ? insidePackage(parseDataFile(file, text)) : parseDataFile(file, text)
  const value = source.value ?? (source.isData ? {} : undefined)
  if (!isPlainObject(value)) {
    const expected = source.isData ? 'must hold keys and values' : 'must export a config object by default'
    throw new ConfigError(`${expected}, not ${kindOf(value)}`, { location: { file } })
  }
  return { ...source, value }
}

/** `logging` has two readers: the core takes what concerns every line, a plugin with that section the rest. */
function shareLogging(given: Record<string, unknown>, sections: Map<string, unknown>): void {
  const { logging } = given
  if (!isPlainObject(logging)) return
  const isCore = ([key]: [string, unknown]) => key in configSchema.properties.logging!.properties
  const entries = Object.entries(logging)
  given.logging = Object.fromEntries(entries.filter(isCore))
  const rest = entries.filter(entry => !isCore(entry))
  if (rest.length > 0) sections.set('logging', Object.fromEntries(rest))
}

function insidePackage(source: ConfigSource): ConfigSource {
  const value = isPlainObject(source.value) ? source.value.lunaroute : undefined
  return { ...source, value, position: path => source.position(['lunaroute', ...path]) }
}

/** The core's own keys, checked. */
function checkOwn(given: Record<string, unknown>, { source, problems, warnings }: Loading): Config {
  const { extends: _presets, plugins: _plugins, ...own } = given
  const value = source.isData ? coerce(own, configSchema) : copyOf(own)
  for (const { path, message } of validate(configSchema, value)) {
    problems.push({ message, location: locate(source, path) })
  }
  for (const path of withoutEffect(value)) warnings.push(remark(source, path, 'has no effect yet'))
  return value as Config
}

/** A key that is not the core's belongs to a plugin, or to a feature of the documents that is not loaded. */
function checkSections(sections: ReadonlyMap<string, unknown>, uses: readonly PluginUse[], loading: Loading): void {
  const read = new Set(uses.flatMap(({ plugin }) => plugin.section ?? []))
  for (const key of sections.keys()) {
    if (read.has(key)) continue
    if (DOCUMENTED_SECTIONS.has(key)) {
      loading.warnings.push(remark(loading.source, [key], `no loaded plugin reads this section`))
    } else {
      const known = [...Object.keys(configSchema.properties), ...read, ...DOCUMENTED_SECTIONS]
      const message = `unknown key "${key}"${didYouMean(key, known)}`
      loading.problems.push({ message, location: locate(loading.source, [key]) })
    }
  }
}

function sectionOf({ plugin }: PluginUse, sections: ReadonlyMap<string, unknown>): unknown {
  // `ui:` with nothing behind it is YAML's null, and says nothing.
  return plugin.section === undefined ? undefined : (sections.get(plugin.section) ?? undefined)
}
