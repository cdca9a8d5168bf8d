import { type GatewayError, PluginError } from '../errors.ts'
import type { Logger } from '../plugin.ts'

/** Logs what ended an exchange. A refusal is the client's business; what broke is the operator's. */
export function logFailure(log: Logger, exchange: string, error: GatewayError): void {
  if (error instanceof PluginError || error.code === 'LR_INTERNAL') {
    log.error({ err: error, exchange }, 'an exchange failed')
  } else if (error.cause !== undefined) {
    const reason = error.cause instanceof Error ? error.cause.message : String(error.cause)
    log.warn({ code: error.code, reason, exchange }, error.message)
  }
}
