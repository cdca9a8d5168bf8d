import { loadConfig } from '../config/load-config.ts'
import type { LoadedConfig } from '../config/resolved.ts'
import { ConfigError } from '../errors.ts'
import { overridesOf, type ServerFlags } from './server-flags.ts'

/** The configuration that a server started here with these flags has. Errors name the flag that was typed. */
export async function loadHere(flags: ServerFlags): Promise<LoadedConfig> {
  const overrides = overridesOf(flags)
  try {
    return await loadConfig({ cwd: process.cwd(), file: flags.config, env: process.env, overrides })
  } catch (error) {
    if (error instanceof ConfigError) nameFlags(error, overrides)
    throw error
  }
}

/** Flags reach the configuration as the environment variables they stand for. */
function nameFlags(error: ConfigError, overrides: Readonly<Record<string, string | undefined>>): void {
  for (const [variable, value] of Object.entries(overrides)) {
    if (value === undefined) continue
    const flag = `--${variable.replace('LUNAROUTE_', '').toLowerCase().replace('_', '-')}`
    error.message = error.message.replaceAll(`the environment variable ${variable}`, flag)
  }
}
