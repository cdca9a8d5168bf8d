import type { ErrorView } from 'lunaroute'

/** google.rpc.Code by HTTP status. */
const STATUSES: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  402: 'FAILED_PRECONDITION',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  408: 'DEADLINE_EXCEEDED',
  409: 'ABORTED',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  504: 'DEADLINE_EXCEEDED',
}

/** Google's error envelope, with the gateway's code as the reason of an ErrorInfo. */
export function errorBody({ status, code, message, param, requestId }: ErrorView) {
  const info = {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason: code,
    domain: 'lunaroute',
    metadata: { requestId },
  }
  const violation = {
    '@type': 'type.googleapis.com/google.rpc.BadRequest',
    fieldViolations: [{ field: param, description: message }],
  }
  const details = param === undefined ? [info] : [info, violation]
  return { error: { code: status, message, status: rpcStatus(status), details } }
}

/** The last event, or the last element with the bracket that closes the array. */
export function errorEvent(error: ErrorView, form: 'sse' | 'json-array'): string {
  const json = JSON.stringify(errorBody(error))
  return form === 'sse' ? `data: ${json}\r\n\r\n` : `,\r\n${json}\r\n]\r\n`
}

function rpcStatus(status: number): string {
  return STATUSES[status] ?? (status >= 500 ? 'UNAVAILABLE' : 'INVALID_ARGUMENT')
}
