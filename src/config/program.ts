import { readdir } from 'node:fs/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ConfigError } from '../errors.ts'
import { didYouMean } from './suggest.ts'

export type Namespace = Readonly<Record<string, unknown>>

/** The running program's own modules: what `lunaroute` and `lunaroute/...` mean in any config or plugin file. */
export interface Program {
  /** Whether a bare specifier belongs to the program. */
  owns(specifier: string): boolean
  /** The module behind `lunaroute`, `lunaroute/testing`, `lunaroute/plugins/<name>` or `lunaroute/presets/<name>`. */
  load(specifier: string): Promise<Namespace>
  /** The names that ship. */
  names(kind: 'plugins' | 'presets'): Promise<readonly string[]>
}

// The program runs from src under a test runner and from dist otherwise; tsc does not rewrite computed specifiers.
const EXTENSION = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
const ROOT = new URL('../../', import.meta.url)

/** The program this file is part of. `root` is the folder of `plugins` and `presets`. */
export function runningProgram(root: URL = ROOT): Program {
  const names = async (kind: 'plugins' | 'presets'): Promise<readonly string[]> => {
    const entries = await readdir(new URL(`${kind}/`, root), { withFileTypes: true }).catch(() => [])
    if (kind === 'plugins') return entries.filter(entry => entry.isDirectory()).map(entry => entry.name)
    return entries
      .map(entry => entry.name)
      .filter(name => name.endsWith(EXTENSION) && !/\.(test|d)\.ts$/.test(name))
      .map(name => name.slice(0, -EXTENSION.length))
  }

  const locate = async (specifier: string): Promise<URL> => {
    if (specifier === 'lunaroute') return new URL(`../index${EXTENSION}`, import.meta.url)
    if (specifier === 'lunaroute/sessions') return new URL(`../sessions/index${EXTENSION}`, import.meta.url)
    if (specifier === 'lunaroute/neutral') return new URL(`../neutral/index${EXTENSION}`, import.meta.url)
    if (specifier === 'lunaroute/testing') return new URL(`../testing${EXTENSION}`, import.meta.url)
    const [, kind, name] = /^lunaroute\/(plugins|presets)\/([^/]+)$/.exec(specifier) ?? []
    if ((kind !== 'plugins' && kind !== 'presets') || name === undefined) {
      throw new ConfigError(
        `"${specifier}" is not part of lunaroute, which has lunaroute, lunaroute/neutral, lunaroute/sessions, lunaroute/testing, ` +
          'lunaroute/plugins/<name> and lunaroute/presets/<name>',
      )
    }
    const known = await names(kind)
    if (!known.includes(name)) {
      throw new ConfigError(`lunaroute ships no ${kind.slice(0, -1)} "${name}"${didYouMean(name, known)}`)
    }
    return new URL(kind === 'plugins' ? `plugins/${name}/index${EXTENSION}` : `presets/${name}${EXTENSION}`, root)
  }

  return {
    names,
    owns: specifier => specifier === 'lunaroute' || specifier.startsWith('lunaroute/'),
    load: async specifier => importFile(fileURLToPath(await locate(specifier))),
  }
}

/** Imports a file as Node does: one instance per process, however often it is asked for. */
export async function importFile(path: string): Promise<Namespace> {
  return (await import(/* @vite-ignore */ pathToFileURL(path).href)) as Namespace
}
