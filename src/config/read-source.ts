import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { ConfigError } from '../errors.ts'
import type { Config } from './define.ts'
import type { Environment } from './environment.ts'
import { fileKind } from './file-kind.ts'
import { expectedFiles, findConfigFile } from './find-file.ts'
import { loadModule } from './load-module.ts'
import type { Program } from './program.ts'
import { type ConfigSource, embeddedDefaults, moduleSource } from './source.ts'
import { isPlainObject, kindOf } from './values.ts'

/** The configuration as it was written, found and evaluated or parsed. Every file that takes part joins `files`. */
export async function readSource(
  search: {
    cwd: string
    home: string
    file?: string | undefined
    folder?: string | undefined
    config?: Config | undefined
  },
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
  if (file === null) {
    for (const expected of expectedFiles(search)) files.add(expected)
    return embeddedDefaults(search.cwd)
  }
  files.add(file)
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ConfigError(`cannot be read (${error.code})`, { location: { file }, cause: error })
  })
  // For a moment every file is that is being written anew: it must not stand for the defaults, which ask nobody for a key.
  if (text.trim() === '') {
    throw new ConfigError('is empty; write a configuration, or remove the file to run the defaults', {
      location: { file },
    })
  }
  const source =
    fileKind(file) === 'module'
      ? moduleSource(file, await loadModule(file, program, files), text)
      : await dataSource(file, text)
  const value = source.value ?? (source.isData ? {} : undefined)
  if (!isPlainObject(value)) {
    const expected = source.isData ? 'must hold keys and values' : 'must export a config object by default'
    throw new ConfigError(`${expected}, not ${kindOf(value)}`, { location: { file } })
  }
  return { ...source, value }
}

/** The parsers load only where there is something for them to parse: they are a tenth of the start-up time. */
async function dataSource(file: string, text: string): Promise<ConfigSource> {
  const { parseDataFile } = await import('./data-file.ts')
  const source = parseDataFile(file, text)
  if (basename(file) !== 'package.json') return source
  const value = isPlainObject(source.value) ? source.value.lunaroute : undefined
  return { ...source, value, position: path => source.position(['lunaroute', ...path]) }
}
