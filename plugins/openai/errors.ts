import type { ErrorView } from 'lunaroute'

/** OpenAI's error envelope. `code` is the gateway's own stable code. */
export function errorBody(error: ErrorView) {
  return { error: errorObject(error) }
}

/** An error chunk of a Chat Completions stream: its only sign is the `error` key. */
export function chatErrorEvent(error: ErrorView): string {
  return `data: ${JSON.stringify(errorBody(error))}\n\n`
}

/**
 * The `error` event of a Responses stream. The reference documents the fields flat, the API sends them nested, and
 * clients exist for either, so it carries both. The stream's own count is not known here: the number is 0.
 */
export function responsesErrorEvent(error: ErrorView): string {
  const { code, message, param } = errorObject(error)
  const event = { type: 'error', sequence_number: 0, code, message, param, error: errorObject(error) }
  return `event: error\ndata: ${JSON.stringify(event)}\n\n`
}

function errorObject({ status, code, message, param }: ErrorView) {
  return { message, type: errorType(status), param: param ?? null, code }
}

function errorType(status: number): string {
  if (status >= 500) return 'server_error'
  if (status === 401) return 'authentication_error'
  if (status === 403) return 'permission_error'
  return status === 429 ? 'rate_limit_error' : 'invalid_request_error'
}
