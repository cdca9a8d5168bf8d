import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { ConfigError } from '../errors.ts'
import type { Config } from './define.ts'
import { DOCUMENTED_ROUTES, documentedPresets } from './documented.ts'
import { Environment } from './environment.ts'
import { configFolder } from './find-file.ts'
import { interpolate } from './interpolate.ts'
import { dialectsOf, type Loading, namesOf, versionHeadersOf } from './loading.ts'
import { resolveLogging } from './logging.ts'
import { overlay } from './overlay.ts'
import { checkNames, resolveOptions } from './plugin-options.ts'
import { LoadFailure, type Problem, throwIfAny } from './problem.ts'
import { type Program, runningProgram } from './program.ts'
import { resolveProviders, type WrittenProvider } from './providers.ts'
import { readSource } from './read-source.ts'
import { resolveReferences } from './references.ts'
import type { LoadedConfig } from './resolved.ts'
import { checkOwn, checkSections, shareOf, splitSections } from './sections.ts'
import { resolveServer } from './server.ts'
import type { ConfigSource } from './source.ts'
import { respell } from './spellings.ts'

export interface LoadOptions {
  readonly cwd: string
  /** The configuration itself, instead of a file. */
  readonly config?: Config | undefined
  /** `--config`. */
  readonly file?: string | undefined
  readonly env: NodeJS.ProcessEnv
  /** Command-line flags, as the environment variables they stand for. They win. */
  readonly overrides?: Readonly<Record<string, string | undefined>> | undefined
  /** `--config-dir`: where the config is looked for, and plugins' files are. */
  readonly folder?: string | undefined
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
  const found: ConfigSource = { ...written, value }
  const shared = { env, home, files, problems, warnings }

  const folder = configFolder({ cwd, home, folder: options.folder, env }) ?? written.folder
  const lists = listsOf(value as Record<string, unknown>, env, folder)
  const references = await resolveReferences(lists, program, { ...shared, source: found, isText: found.isData })
  const { uses, variables } = references
  const origins = new Map<string, string>()
  const overlaid = variables.reduce((under, prefix) => overlay(under, prefix, env, origins), value)
  const source = respell({ ...found, value: overlaid, origins }, problems)
  const loading: Loading = { ...shared, source, isText: found.isData || overlaid !== value }

  const sections = splitSections(source.value as Record<string, unknown>, uses)
  const config = checkOwn(sections.own, loading)
  await checkSections(sections.others, uses, program, loading)
  const plugins = uses.map(use => resolveOptions(use, shareOf(use, sections), loading))
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
      versionHeaders: versionHeadersOf(plugins),
    },
    loading,
  )
  const names = namesOf({ providers, plugins, server })
  for (const [i, use] of uses.entries()) {
    checkNames(use, plugins[i]!.options, shareOf(use, sections), names, loading)
  }
  throwIfAny(problems)
  return {
    config: { server, logging, providers, plugins },
    file: source.file,
    folder,
    files: [...files],
    warnings: [...warnings, ...env.remarks()],
  }
}

/** LUNAROUTE_PRESET wins. A config that names no plugin at all wants the usual ones: those of the documents are such. */
function listsOf(
  value: Readonly<Record<string, unknown>>,
  env: Environment,
  folder: string,
): { extends: unknown; plugins: unknown } {
  const { plugins } = value
  const preset = env.text('LUNAROUTE_PRESET')
  if (preset !== undefined) return { extends: [preset], plugins }
  if (value.extends !== undefined || plugins !== undefined) return { extends: value.extends, plugins }
  const { file, variable } = DOCUMENTED_ROUTES
  return {
    extends: documentedPresets(value, env.text(variable) !== undefined || existsSync(join(folder, file))),
    plugins,
  }
}
