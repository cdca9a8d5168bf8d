import type { Logger } from './plugin.ts'
import type { ProviderStatusSource, Status, StatusSource } from './services.ts'

/** What the sources say, by name. One that fails counts as degraded, and is logged. */
export function readStatuses(sources: readonly StatusSource[], log: Logger): Readonly<Record<string, Status>> {
  return Object.fromEntries(sources.map(each => [each.name, readStatus(each, log)]))
}

/** What all sources say of one provider, in one object; later ones win. One that fails says nothing, and is logged. */
export function readProviderStatus(
  sources: readonly ProviderStatusSource[],
  provider: string,
  log: Logger,
): Readonly<Record<string, unknown>> {
  const merged: Record<string, unknown> = {}
  for (const source of sources) {
    try {
      Object.assign(merged, source(provider))
    } catch (error) {
      log.error({ err: error, provider }, 'the status of a provider could not be read')
    }
  }
  return merged
}

function readStatus(source: StatusSource, log: Logger): Status {
  try {
    return source.read()
  } catch (error) {
    log.error({ err: error, status: source.name }, 'a status could not be read')
    return { state: 'degraded', message: 'its status could not be read; see the log' }
  }
}
