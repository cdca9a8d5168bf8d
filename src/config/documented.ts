/**
 * Sections that the documents describe: top-level keys, and parts of them. One that no loaded plugin reads is reported; any
 * other unknown key is an error.
 */
export const DOCUMENTED_SECTIONS: ReadonlySet<string> = new Set([
  'bypass',
  'circuit_breaker',
  'observability',
  'performance',
  'pii',
  'provider_health',
  'routing',
  'routing.provider_switch_notification',
  'session_jsonl',
  'session_recording',
  'session_recording.postgres',
  'session_sqlite',
  'session_stats',
  'storage',
  'ui',
])

/** Keys of `logging` that the documents describe and the core itself does not read. */
export const DOCUMENTED_LOGGING: ReadonlySet<string> = new Set(['log_requests'])

/** Environment variables that the documents describe and the core itself does not read. */
export const DOCUMENTED_VARIABLES: ReadonlySet<string> = new Set([
  'LUNAROUTE_BOOTSTRAP',
  'LUNAROUTE_BYPASS_ENABLED',
  'LUNAROUTE_BYPASS_PROVIDER',
  'LUNAROUTE_CODEX_UA_VERSION',
  'LUNAROUTE_ENABLE_JSONL_WRITER',
  'LUNAROUTE_ENABLE_SESSION_RECORDING',
  'LUNAROUTE_ENABLE_SQLITE_WRITER',
  'LUNAROUTE_LOG_REQUESTS',
  'LUNAROUTE_LOG_SQL_QUERIES',
  'LUNAROUTE_SESSIONS_DB_PATH',
  'LUNAROUTE_SESSIONS_DIR',
  'LUNAROUTE_UI_ENABLED',
  'LUNAROUTE_UI_HOST',
  'LUNAROUTE_UI_LOG_REQUESTS',
  'LUNAROUTE_UI_PORT',
  'LUNAROUTE_UI_REFRESH_INTERVAL',
])

/** What the documents call the file of rules beside a configuration. */
export const DOCUMENTED_ROUTES = { file: 'routes.json', variable: 'LUNAROUTE_ROUTES' } as const

/** As they may be written: presets are chosen before keys are respelled. */
const OF_ROUTING = [
  'routing',
  'balance',
  'circuit_breaker',
  'fallback',
  'health_monitor',
  'provider_health',
  'retry',
  'timeouts',
]

/**
 * The presets of a config that names neither presets nor plugins. One with `[[api_keys]]` is an LLM Gateway's; who wrote
 * rules wants them to be obeyed.
 */
export function documentedPresets(value: Readonly<Record<string, unknown>>, hasRoutes: boolean): readonly string[] {
  if (Array.isArray(value.api_keys)) return ['llm-gateway']
  const isRouting = hasRoutes || OF_ROUTING.some(section => value[section] !== undefined)
  return isRouting ? ['routing', 'recording'] : ['default']
}
