import type { Logger } from './plugin.ts'

type Level = 'warn' | 'error'

interface Repetition {
  readonly level: Level
  count: number
}

/** How often the same words are written within a period, which is in milliseconds. */
const MOST = 10
const PERIOD = 10_000
/** How many different words are counted; others than these are written as they come. */
const MAX_COUNTED = 1000

/**
 * The same log, but a warning or an error that repeats itself is written ten times in ten seconds, and then told with its
 * number: a provider that is down must not fill the disk. Level debug has every one of them.
 */
export function calmLog(log: Logger): Logger {
  const counts = new Map<string, Repetition>()
  const tell = () => {
    for (const [message, { level, count }] of counts) {
      const repeated = count - MOST
      if (repeated > 0) log[level]({ repeated }, `${message} (${repeated} more times within ${PERIOD / 1000} s)`)
    }
    counts.clear()
  }
  const at = (level: Level) => (fields: object | string, message?: string) => {
    const words = message ?? (typeof fields === 'string' ? fields : '')
    let repetition = counts.get(words)
    if (!repetition) {
      repetition = { level, count: 0 }
      if (counts.size === 0) setTimeout(tell, PERIOD).unref()
      if (counts.size < MAX_COUNTED) counts.set(words, repetition)
    }
    log[++repetition.count > MOST ? 'debug' : level](fields, message)
  }
  return {
    trace: (fields, message) => log.trace(fields, message),
    debug: (fields, message) => log.debug(fields, message),
    info: (fields, message) => log.info(fields, message),
    warn: at('warn'),
    error: at('error'),
    isLevelEnabled: level => log.isLevelEnabled(level),
  }
}
