import { createHash, timingSafeEqual } from 'node:crypto'
import { type ClientCredential, type Exchange, GatewayError, strangerOf } from 'lunaroute'

/**
 * Refuses whoever may not read sessions. Where a token is configured that is everybody without it, and otherwise
 * everybody but programs on this machine.
 */
export function admit(exchange: Exchange, token: string, credentials: () => readonly ClientCredential[]): void {
  if (token !== '') {
    if (credentials().some(({ value }) => isSame(value.replace(/^bearer +/i, ''), token))) return
    throw new GatewayError(
      'LR_UNAUTHORIZED',
      401,
      'sessions are read with the admin token: authorization: Bearer <token>',
      {
        headers: { 'www-authenticate': 'Bearer' },
      },
    )
  }
  const reason = strangerOf(exchange)
  if (reason === undefined) return
  const message = `sessions are for programs on this machine only, unless an admin token is configured: ${reason}`
  throw new GatewayError('LR_FORBIDDEN', 403, message)
}

/** Digests have one length, and comparing them tells nothing of what they were made from. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
