import { type Logger as PinoLogger, pino } from 'pino'
import type { ResolvedLogging } from './config/resolved.ts'

/** Where log lines go instead of standard output. */
export interface LogSink {
  write(line: string): unknown
}

/** The gateway's log, with a way to write out what is still buffered. */
export interface Log {
  readonly logger: PinoLogger
  flush(): void
}

/** Lines are collected and written at most this many milliseconds later, off the path of requests. */
const FLUSH_INTERVAL = 100

export async function createLog(settings: ResolvedLogging, sink?: LogSink): Promise<Log> {
  const options = { level: settings.level, base: null, formatters: { level: (label: string) => ({ level: label }) } }
  if (sink) return { logger: pino(options, sink), flush: () => undefined }
  const isPretty = settings.format === 'pretty' || (settings.format === 'auto' && process.stdout.isTTY)
  if (isPretty) {
    // Loaded only for people: it is slow to import and slow to run.
    const { default: pretty } = await import('pino-pretty')
    const stream = pretty({ sync: true, ignore: 'plugin', messageFormat: '{if plugin}{plugin}: {end}{msg}' })
    return { logger: pino(options, stream), flush: () => undefined }
  }
  const destination = pino.destination({ dest: 1, sync: false, minLength: 4096, periodicFlush: FLUSH_INTERVAL })
  return { logger: pino(options, destination), flush: () => destination.flushSync() }
}
