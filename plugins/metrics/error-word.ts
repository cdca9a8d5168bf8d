import type { Exchange } from 'lunaroute'

const BY_STATUS: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  401: 'authentication',
  403: 'permission',
  404: 'not_found',
  408: 'timeout',
  413: 'too_large',
  422: 'invalid_request',
  429: 'rate_limit',
  503: 'unavailable',
  504: 'timeout',
  529: 'overloaded',
}

/** Why an exchange failed, in one of a few words. The provider's own status says more than what the client was given. */
export function errorWord({ outcome, attempts, error, response }: Exchange): string {
  if (outcome === 'cancelled') return 'cancelled'
  const last = attempts.at(-1)
  if (last?.failure === 'timeout') return 'timeout'
  if (last?.failure === 'cut') return 'cut'
  if (last?.failure && last.failure !== 'cancelled') return 'connection'
  const status =
    last?.status !== undefined && last.status >= 400 ? last.status : (error?.status ?? response?.status ?? 0)
  return BY_STATUS[status] ?? (status >= 500 || status === 0 ? 'server' : 'invalid_request')
}
