import type { Config } from '../config/define.ts'
import { loadConfig } from '../config/load-config.ts'
import type { LoadedConfig } from '../config/resolved.ts'
import { testDialect } from './dialect.ts'

/** A config given by value, checked as one from a file is. Where no plugin brings a dialect, the test dialect does. */
export async function resolveInMemory(given: Config, env: NodeJS.ProcessEnv): Promise<LoadedConfig> {
  const resolve = (config: Config) => loadConfig({ cwd: process.cwd(), home: process.cwd(), config, env })
  const { config: found } = await resolve({ extends: given.extends ?? [], plugins: given.plugins ?? [] })
  if (found.plugins.some(each => each.plugin.dialects.length > 0)) return resolve(given)
  return resolve({ ...given, extends: [testDialect(), given.extends ?? []].flat() })
}
