import type { ErrorView } from 'lunaroute'

const TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  409: 'conflict_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}

/** Anthropic's error envelope. The gateway's code is where its SDK looks for one: `error.details.error_code`. */
export function errorBody({ status, code, message, param, requestId }: ErrorView) {
  // Its SDK then sends the whole conversation, of which another provider was to go on from the end.
  const isThreadLost = code === 'LR_UNSUPPORTED' && param === 'thread'
  const details = { error_code: isThreadLost ? 'thread_not_found' : code, ...(param !== undefined && { param }) }
  return { type: 'error', error: { type: errorType(status), message, details }, request_id: requestId }
}

export function errorEvent(error: ErrorView): string {
  return `event: error\ndata: ${JSON.stringify(errorBody(error))}\n\n`
}

function errorType(status: number): string {
  return TYPES[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error')
}
