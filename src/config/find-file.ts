import { existsSync, statSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { cosmiconfig } from 'cosmiconfig'
import { ConfigError } from '../errors.ts'
import type { Environment } from './environment.ts'
import { DATA_EXTENSIONS, fileKind, MODULE_EXTENSIONS } from './file-kind.ts'

const EXTENSIONS = [...MODULE_EXTENSIONS, ...DATA_EXTENSIONS]
const PLACES = [...EXTENSIONS.map(extension => `lunaroute.config.${extension}`), 'package.json']

/** Where to look for a config, in order of preference. */
export interface Search {
  readonly cwd: string
  readonly home: string
  /** `--config`: must exist. */
  readonly file: string | undefined
  /** `--config-dir`: must exist. */
  readonly folder?: string | undefined
  readonly env: Environment
}

/** The config file to use, or null where there is none and the embedded defaults serve. */
export async function findConfigFile(search: Search): Promise<string | null> {
  const { cwd, home, file, env } = search
  if (file) return mustExist(resolve(cwd, expandHome(file, home)), '--config')
  const named = env.text('LUNAROUTE_CONFIG')
  if (named && !search.folder) {
    return mustExist(resolve(cwd, expandHome(named, home)), 'the environment variable LUNAROUTE_CONFIG')
  }
  const folder = configFolder(search)
  if (folder !== undefined) return inFolder(folder)
  return (await searchFrom(cwd, home)) ?? inHome(home)
}

/** The folder that `--config-dir` or its variable names, where one of them does. */
export function configFolder({ cwd, home, folder, env }: Omit<Search, 'file'>): string | undefined {
  const named = folder ?? env.text('LUNAROUTE_CONFIG_DIR')
  if (!named) return undefined
  const path = resolve(cwd, expandHome(named, home))
  if (existsSync(path) && statSync(path).isDirectory()) return path
  const origin = folder === undefined ? 'the environment variable LUNAROUTE_CONFIG_DIR' : '--config-dir'
  throw new ConfigError(`${origin} names a folder that does not exist`, { location: { file: path } })
}

/** `~` and `~/x` below the user's home; any other path as it is. */
export function expandHome(path: string, home: string): string {
  return path === '~' || /^~[\\/]/.test(path) ? join(home, path.slice(1)) : path
}

/** Where a config file would be found, should one be written: what to watch while there is none. */
export function expectedFiles({ cwd, home }: Pick<Search, 'cwd' | 'home'>): string[] {
  const here = EXTENSIONS.map(extension => join(cwd, `lunaroute.config.${extension}`))
  return [...here, ...EXTENSIONS.map(extension => join(home, '.lunaroute', `config.${extension}`))]
}

async function searchFrom(cwd: string, home: string): Promise<string | undefined> {
  // Only the search is cosmiconfig's: its loaders cannot load TypeScript or see an edit.
  const present = () => ({})
  const explorer = cosmiconfig('lunaroute', {
    searchPlaces: PLACES,
    searchStrategy: 'none',
    ignoreEmptySearchPlaces: false,
    cache: false,
    loaders: {
      ...Object.fromEntries(EXTENSIONS.map(extension => [`.${extension}`, present])),
      '.json': (path, content) => (basename(path) === 'package.json' ? parsePackage(content) : {}),
    },
  })
  for (const folder of projectFolders(cwd, home)) {
    const found = await explorer.search(folder)
    if (found) return found.filepath
  }
  return undefined
}

/** The folder and its parents up to the root of its project; without a project the folder alone. */
function projectFolders(cwd: string, home: string): string[] {
  const folders = [cwd]
  while (!['package.json', '.git'].some(mark => existsSync(join(folders.at(-1)!, mark)))) {
    const parent = dirname(folders.at(-1)!)
    if (parent === folders.at(-1) || parent === home) return [cwd]
    folders.push(parent)
  }
  return folders
}

/** A gateway's own folder may call its config by a shorter name, and may have none. */
function inFolder(folder: string): string | null {
  const names = EXTENSIONS.map(extension => `lunaroute.config.${extension}`)
  const short = ['server', 'config'].flatMap(name => DATA_EXTENSIONS.map(extension => `${name}.${extension}`))
  const candidates = [...names, ...short].map(name => join(folder, name))
  return candidates.find(candidate => existsSync(candidate)) ?? null
}

function inHome(home: string): string | null {
  const candidates = EXTENSIONS.map(extension => join(home, '.lunaroute', `config.${extension}`))
  return candidates.find(candidate => existsSync(candidate)) ?? null
}

/** A broken package.json is not ours to report: it only holds no config. */
function parsePackage(content: string): unknown {
  try {
    return JSON.parse(content)
  } catch {
    return {}
  }
}

function mustExist(file: string, origin: string): string {
  const location = { file }
  if (!existsSync(file)) throw new ConfigError(`${origin} names a file that does not exist`, { location })
  if (!statSync(file).isFile()) throw new ConfigError(`${origin} names something that is no file`, { location })
  if (!fileKind(file)) {
    throw new ConfigError(
      `${origin} names a file of unknown kind "${extname(file)}"; known are ${EXTENSIONS.join(', ')}`,
      { location },
    )
  }
  return file
}
