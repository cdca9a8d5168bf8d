import type { Config, LoggingConfig } from './define.ts'
import type { Loading } from './loading.ts'
import type { ResolvedLogging } from './resolved.ts'
import { configSchema } from './schema.ts'

/** What is logged and how: the file, under LUNAROUTE_LOG_LEVEL and LUNAROUTE_LOG_FORMAT. */
export function resolveLogging({ logging = {} }: Config, { env, problems }: Loading): ResolvedLogging {
  const fromEnv = <K extends 'level' | 'format'>(name: string, key: K) =>
    env.value(name, configSchema.properties.logging!.properties[key], problems) as LoggingConfig[K]
  return {
    level: fromEnv('LUNAROUTE_LOG_LEVEL', 'level') ?? logging.level ?? 'info',
    format: fromEnv('LUNAROUTE_LOG_FORMAT', 'format') ?? logging.format ?? 'auto',
  }
}
