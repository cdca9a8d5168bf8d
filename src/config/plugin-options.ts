import { ConfigError } from '../errors.ts'
import type { ConfigNames, Plugin } from '../plugin.ts'
import { coerce, schemaAt } from './coerce.ts'
import type { Loading } from './loading.ts'
import type { PluginUse } from './references.ts'
import type { ResolvedPlugin } from './resolved.ts'
import type { Share } from './sections.ts'
import { locate } from './source.ts'
import { validate } from './validate.ts'
import { copyOf, dotted, isPlainObject, merge, type Path, valueAt } from './values.ts'

/**
 * A plugin with its options: what code gave it, under its section of the file and its keys of the providers' entries,
 * under its environment variables.
 */
export function resolveOptions(use: PluginUse, share: Share, loading: Loading): ResolvedPlugin {
  const { plugin } = use
  const { section, entries } = share
  const { source, problems, isText } = loading
  if (!plugin.schema) {
    for (const name of Object.keys(plugin.env)) loading.env.text(name)
    const isEmpty = plugin.input === undefined || (isPlainObject(plugin.input) && !Object.keys(plugin.input).length)
    if (!isEmpty || section !== undefined) {
      const path = section !== undefined && plugin.section ? plugin.section.split('.') : use.path
      const location = path ? locate(source, path) : undefined
      problems.push({ message: `the plugin "${plugin.name}" takes no options`, location, plugin: plugin.name })
    }
    return { plugin, options: undefined }
  }
  const input = use.isData ? coerce(plugin.input, plugin.schema) : plugin.input
  const layers = [section, entries].map(each => (isText ? coerce(each, plugin.schema) : each))
  const given = copyOf([...layers, fromEnvironment(plugin, loading)].reduce(merge, input))
  const options = given ?? copyOf(plugin.schema.default) ?? {}
  try {
    for (const { path, message } of validate(plugin.schema, options)) {
      const option = path.length > 0 ? `option ${dotted(path)} of plugin "${plugin.name}"` : `plugin "${plugin.name}"`
      const location = locationOf(path, use, share, loading)
      problems.push({ message: `${option}: ${message}`, location, plugin: plugin.name })
    }
  } catch (error) {
    const message = `the option schema of plugin "${plugin.name}" is not valid: ${(error as Error).message}`
    problems.push({ message, plugin: plugin.name })
  }
  return { plugin, options }
}

/** Reports names in a plugin's checked options that nothing has. */
export function checkNames(use: PluginUse, options: unknown, share: Share, names: ConfigNames, loading: Loading): void {
  const { plugin } = use
  for (const { path, message, isWarning } of plugin.check?.(options, names) ?? []) {
    const option = `option ${dotted(path)} of plugin "${plugin.name}"`
    const location = locationOf(path, use, share, loading)
    if (isWarning) {
      loading.warnings.push(new ConfigError(`${option}: ${message}`, location ? { location } : {}).toString())
      continue
    }
    loading.problems.push({ message: `${option}: ${message}`, location, plugin: plugin.name })
  }
}

function fromEnvironment({ env: variables, schema }: Plugin, { env, problems }: Loading): unknown {
  let options: unknown
  for (const [name, place] of Object.entries(variables)) {
    const path = place.split('.')
    const value = env.value(name, schemaAt(schema, path), problems)
    if (value === undefined) continue
    options = merge(
      options ?? {},
      path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value),
    )
  }
  return options
}

/** Where an option was written, when it was written in the config file. */
function locationOf(path: Path, use: PluginUse, { section, entries }: Share, { source }: Loading) {
  const { plugin } = use
  if (path.length > 0 && valueAt(entries, path) !== undefined) return locate(source, path)
  if (plugin.section && valueAt(section, path) !== undefined)
    return locate(source, [...plugin.section.split('.'), ...path])
  if (!use.path) return source.file === null ? undefined : { file: source.file, key: `${plugin.name}.${dotted(path)}` }
  if (source.isData) {
    const isWritten = isPlainObject(valueAt(source.value, use.path))
    return locate(source, isWritten ? [...use.path, 'options', ...path] : use.path)
  }
  // In code a plugin is called by the name its import was given, which by custom is its own in camel case.
  const called = plugin.name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
  const position = source.position([called, ...path]) ?? source.position(path)
  return { file: source.file!, ...position, key: dotted([...use.path, ...path]) }
}
