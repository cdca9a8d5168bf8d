import { existsSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Plugin, variablesOf } from '../plugin.ts'
import { expandHome } from './find-file.ts'
import { loadModule, loadPackage } from './load-module.ts'
import type { Loading } from './loading.ts'
import { errorOf } from './problem.ts'
import type { Program } from './program.ts'
import { locate } from './source.ts'
import { didYouMean } from './suggest.ts'
import { isPlainObject, kindOf, merge, type Path } from './values.ts'

/** A plugin that a config uses. */
export interface PluginUse {
  readonly plugin: Plugin
  /** Where the config names it itself; null for one that a preset brought. */
  readonly path: Path | null
  /** Whether its options came out of a data file, where everything may be text. */
  readonly isData: boolean
}

/** What the lists of a config come to. */
export interface References {
  readonly uses: readonly PluginUse[]
  /** How environment variables begin that the presets lay over the config. */
  readonly variables: readonly string[]
}

/** What a name stands for, and the folder that relative paths inside it are relative to. */
interface Loaded {
  readonly value: unknown
  readonly folder: string
}

type Factory = (options?: unknown) => unknown

type Kind = 'preset' | 'plugin'

/** Where a list was written: what its relative paths are relative to, and whether it is the config's own. */
interface Place {
  readonly folder: string
  readonly path: Path
  readonly isPreset: boolean
}

/** The plugins of `extends` and then of `plugins`, in run order. A later one of the same name takes the earlier's place. */
export async function resolveReferences(
  lists: { readonly extends: unknown; readonly plugins: unknown },
  program: Program,
  loading: Loading,
): Promise<References> {
  const uses = new Map<string, PluginUse>()
  const variables = new Set<string>()
  const { source } = loading

  const fail = (place: Place, message: string): never => {
    throw errorOf([{ message, location: locate(source, place.path) }])
  }

  const walk = async (value: unknown, kind: Kind, place: Place): Promise<void> => {
    if (!value) return
    if (Array.isArray(value)) {
      const prefix = variablesOf(value)
      if (prefix) variables.add(prefix)
      for (const [index, item] of value.entries()) await walk(item, kind, { ...place, path: [...place.path, index] })
    } else if (isPlugin(value)) {
      uses.set(value.name, { plugin: value, path: place.isPreset ? null : place.path, isData: false })
    } else if (typeof value === 'string') {
      await (kind === 'preset' ? addPreset(value, place) : addPlugin(value, undefined, place))
    } else if (kind === 'plugin' && isReference(value)) {
      await addPlugin(value.name, value.options, place)
    } else if (typeof value === 'function') {
      fail(place, `found a function where a ${kind} belongs: call it, as in ${value.name || 'plugin'}()`)
    } else {
      fail(place, `found ${kindOf(value)} where a ${kind} belongs: give a name, a path, or what definePlugin makes`)
    }
  }

  const addPreset = async (name: string, place: Place): Promise<void> => {
    const { value, folder } = await load(name, 'preset', place)
    const list = isCallable(value) ? make(value, undefined, name, place) : value
    if (!Array.isArray(list) && !isPlugin(list)) {
      fail(place, `the preset "${name}" must export a list of plugins by default, not ${kindOf(list)}`)
    }
    await walk(list, 'plugin', { ...place, folder, isPreset: true })
  }

  const addPlugin = async (name: string, options: unknown, place: Place): Promise<void> => {
    const { value } = await load(name, 'plugin', place)
    const plugin = isCallable(value)
      ? make(value, options, name, place)
      : isPlugin(value) && options !== undefined
        ? { ...value, input: merge(value.input, options) }
        : value
    if (!isPlugin(plugin)) {
      return fail(place, `"${name}" must export by default what definePlugin returns, not ${kindOf(plugin)}`)
    }
    const isData = source.isData && !place.isPreset
    uses.set(plugin.name, { plugin, path: place.isPreset ? null : place.path, isData })
  }

  const make = (factory: Factory, options: unknown, name: string, place: Place): unknown => {
    try {
      return factory(options)
    } catch (error) {
      const message = `"${name}" failed when it was called: ${error instanceof Error ? error.message : String(error)}`
      throw errorOf([{ message, location: locate(source, place.path) }], error)
    }
  }

  const load = async (name: string, kind: Kind, place: Place): Promise<Loaded> => {
    const file = pathFrom(name, place.folder, loading.home)
    if (file !== undefined) {
      loading.files.add(file)
      if (!existsSync(file)) fail(place, `there is no file ${file}`)
      return { value: await loadModule(file, program, loading.files), folder: dirname(file) }
    }
    const shipped = await program.names(`${kind}s`)
    if (shipped.includes(name)) {
      const module = await program.load(`lunaroute/${kind}s/${name}`)
      return { value: module.default, folder: place.folder }
    }
    if (!isInstalled(name, place.folder)) {
      const near = didYouMean(name, shipped) || `; those that ship are ${shipped.join(', ') || 'none'}`
      fail(place, `no ${kind} "${name}" ships with lunaroute, and no package of that name is installed here${near}`)
    }
    return { value: await loadPackage(name, place.folder, program, loading.files), folder: place.folder }
  }

  const place = (key: string): Place => ({ folder: source.folder, path: [key], isPreset: false })
  await walk(lists.extends, 'preset', place('extends'))
  if (lists.plugins && !Array.isArray(lists.plugins)) {
    fail(place('plugins'), `must be a list, is ${kindOf(lists.plugins)}`)
  }
  await walk(lists.plugins, 'plugin', place('plugins'))
  return { uses: [...uses.values()], variables: [...variables] }
}

function isPlugin(value: unknown): value is Plugin {
  if (typeof value !== 'object' || value === null) return false
  const { name, setup, dialects, env } = value as Partial<Plugin>
  return typeof name === 'string' && typeof setup === 'function' && Array.isArray(dialects) && isPlainObject(env)
}

function isCallable(value: unknown): value is Factory {
  return typeof value === 'function'
}

function isReference(value: unknown): value is { name: string; options?: unknown } {
  if (!isPlainObject(value) || typeof value.name !== 'string' || value.name === '') return false
  return Object.keys(value).every(key => key === 'name' || key === 'options')
}

function pathFrom(name: string, folder: string, home: string): string | undefined {
  if (name.startsWith('file:')) return fileURLToPath(name)
  if (/^\.{1,2}(?:[\\/]|$)/.test(name)) return resolve(folder, name)
  const expanded = expandHome(name, home)
  return isAbsolute(expanded) ? expanded : undefined
}

function isInstalled(name: string, folder: string): boolean {
  const [first, second] = name.split('/')
  const packageName = first?.startsWith('@') ? `${first}/${second}` : first
  const here = existsSync(join(folder, 'node_modules', packageName ?? ''))
  return here || (dirname(folder) !== folder && isInstalled(name, dirname(folder)))
}
