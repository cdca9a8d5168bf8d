import type { Found } from '../endpoints.ts'
import { GatewayError } from '../errors.ts'
import type { IncomingHeaders } from './incoming-headers.ts'

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\b/i

/** Why a request with this head cannot be served, or undefined where it can. */
export function refusalOf(found: Found | null, method: string, headers: IncomingHeaders): GatewayError | undefined {
  if (found?.kind !== 'match' && headers.upgrade === 'websocket') {
    // 426 is what makes Codex fall back to HTTP at once (seen with 0.169).
    return new GatewayError('LR_UPGRADE', 426, 'this gateway does not speak WebSocket here; use HTTP')
  }
  if (found === null) return undefined
  if (found.kind === 'elsewhere') {
    const text = `this listener does not serve ${found.dialect.name}, which the path belongs to`
    return new GatewayError('LR_NOT_FOUND', 404, text)
  }
  if (found.kind === 'method') {
    const allow = found.allow.join(', ')
    const text = `${method} is not a method of this path; it takes ${allow}`
    return new GatewayError('LR_METHOD', 405, text, { headers: { allow } })
  }
  const type = headers.contentType
  if (found.endpoint.body !== 'json' || type === undefined || JSON_TYPE.test(type)) return undefined
  const text = `the content-type must be application/json, not ${type.slice(0, 100)}`
  return new GatewayError('LR_CONTENT_TYPE', 415, text)
}
