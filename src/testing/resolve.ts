import type { Config } from '../config/define.ts'
import { loadConfig } from '../config/load-config.ts'
import type { LoadedConfig } from '../config/resolved.ts'
import { testDialect } from './dialect.ts'

/** A config given by value, checked as one from a file is. Where no plugin brings a dialect, the test dialect does. */
export async function resolveInMemory(given: Config, env: NodeJS.ProcessEnv): Promise<LoadedConfig> {
  const resolve = (config: Config) => loadConfig({ cwd: process.cwd(), home: process.cwd(), config, env })
  // What is wrong for want of a dialect is right with one; what is wrong otherwise stays so, and is told below.
  // Named or not, no preset is taken that nobody asked for.
  const named = { ...given, extends: given.extends ?? [], plugins: given.plugins ?? [] }
  const own = await resolve(named).catch(() => undefined)
  if (own?.config.plugins.some(each => each.plugin.dialects.length > 0)) return own
  return resolve({ ...given, extends: [testDialect(), given.extends ?? []].flat() })
}
