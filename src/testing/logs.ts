import type { Logger } from '../plugin.ts'

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error'

/** One line that was logged during a test. */
export interface LogEntry {
  readonly level: Level
  /** Empty for the gateway's own lines. */
  readonly plugin: string
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** A logger that keeps what it is told. */
export function memoryLogger(plugin: string, entries: LogEntry[]): Logger {
  const at = (level: Level) => (fields: object | string, message?: string) => {
    const isText = typeof fields === 'string'
    entries.push({ level, plugin, message: isText ? fields : (message ?? ''), fields: isText ? {} : { ...fields } })
  }
  return {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    isLevelEnabled: () => true,
  }
}
