import type { ErrorView } from 'lunaroute'
import type { ErrorKind, NeutralError } from 'lunaroute/neutral'

const OVERFLOW =
  /context (?:length|window)|maximum context|prompt is too long|input (?:is too long|token count.*exceeds)|too many (?:input )?tokens|exceeds? the (?:model'?s )?maximum/i
const LONGEST = 8 * 1024

/** A provider's error with what only its words tell: that the conversation is too long, which clients act on. */
export function understood(error: NeutralError): NeutralError {
  const message = error.message.slice(0, LONGEST)
  if (error.kind !== 'invalidRequest' && error.kind !== 'tooLarge') return { ...error, message }
  return OVERFLOW.test(message) ? { ...error, message, kind: 'contextLength' } : { ...error, message }
}

const KINDS: Readonly<Record<string, ErrorKind>> = {
  LR_UPSTREAM_CUT: 'cut',
  LR_UPSTREAM_RESET: 'cut',
  LR_UPSTREAM_TIMEOUT: 'timeout',
  LR_SHUTTING_DOWN: 'overloaded',
}

/** The gateway's own failure, for a stream that has begun. */
export function gatewayError({ code, message, requestId }: ErrorView): NeutralError {
  return { kind: KINDS[code] ?? 'server', message, code, requestId }
}
