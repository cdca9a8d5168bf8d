import { loadConfig } from '../config/load-config.ts'
import type { LoadedConfig } from '../config/resolved.ts'
import { ConfigError } from '../errors.ts'
import { flagOf, refuseUnknownFlags } from './plugin-flags.ts'
import { overridesOf, ownFlags, type ServerFlags } from './server-flags.ts'

/** The configuration that a server started here with these flags has. Errors name the flag that was typed. */
export async function loadHere(flags: ServerFlags): Promise<LoadedConfig> {
  const overrides = overridesOf(flags)
  try {
    const { config: file, configDir: folder } = flags
    const loaded = await loadConfig({ cwd: process.cwd(), file, folder, env: process.env, overrides })
    const plugins = loaded.config.plugins.map(({ plugin }) => plugin)
    if (flags.plugins) refuseUnknownFlags(flags.plugins, plugins, ownFlags())
    return loaded
  } catch (error) {
    if (error instanceof ConfigError) nameFlags(error, overrides)
    throw error
  }
}

/** Flags reach the configuration as the environment variables they stand for. */
function nameFlags(error: ConfigError, overrides: Readonly<Record<string, string | undefined>>): void {
  for (const [variable, value] of Object.entries(overrides)) {
    if (value === undefined) continue
    error.message = error.message.replaceAll(`the environment variable ${variable}`, flagOf(variable))
  }
}
