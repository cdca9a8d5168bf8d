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
  readonly env: Environment
}

/** The config file to use, or null where there is none and the embedded defaults serve. */
export async function findConfigFile({ cwd, home, file, env }: Search): Promise<string | null> {
  if (file) return mustExist(resolve(cwd, expandHome(file, home)), '--config')
  const named = env.text('LUNAROUTE_CONFIG')
  if (named) {
    return mustExist(resolve(cwd, expandHome(named, home)), 'the environment variable LUNAROUTE_CONFIG')
  }
  return (await searchFrom(cwd, home)) ?? inHome(home)
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
