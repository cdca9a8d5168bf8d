import type { Config } from '../config/define.ts'
import { Environment } from '../config/environment.ts'
import { resolveConfig } from '../config/load-config.ts'
import { runningProgram } from '../config/program.ts'
import type { LoadedConfig } from '../config/resolved.ts'
import { embeddedDefaults } from '../config/source.ts'
import { testDialect } from './dialect.ts'

/** A config given by value, checked as one from a file is. Where no plugin brings a dialect, the test dialect does. */
export async function resolveInMemory(config: Config, env: NodeJS.ProcessEnv): Promise<LoadedConfig> {
  const resolve = (value: Config) => {
    const cwd = process.cwd()
    const surroundings = { program: runningProgram(), home: cwd, env: new Environment(env), files: new Set<string>() }
    return resolveConfig({ ...embeddedDefaults(cwd), value }, surroundings)
  }
  const { config: found } = await resolve({ extends: config.extends ?? [], plugins: config.plugins ?? [] })
  if (found.plugins.some(each => each.plugin.dialects.length > 0)) return resolve(config)
  return resolve({ ...config, extends: [testDialect(), config.extends ?? []].flat() })
}
