import { createHash, timingSafeEqual } from 'node:crypto'
import { type ClientCredential, type Exchange, GatewayError } from 'lunaroute'

const ADDRESS = /^(?:127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3})$/i
const HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i
const ORIGIN = /^https?:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i
const PROXIED = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via']

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

/** Why a request is not from a program on this machine, or undefined where it is. */
function strangerOf({ remoteAddress, head }: Exchange): string | undefined {
  if (!ADDRESS.test(remoteAddress)) return 'the request comes from another machine'
  if (PROXIED.some(name => head.has(name))) return 'the request came through a proxy'
  // A page can give its own name the address 127.0.0.1, but not another Host header to the browser.
  if (!HOST.test(head.get('host') ?? 'localhost')) return 'the request is for another host; ask localhost'
  const origin = head.get('origin')
  if (origin !== undefined && !ORIGIN.test(origin)) return 'the request comes from a web page of another origin'
  if (head.get('sec-fetch-site') === 'cross-site') return 'the request comes from a web page of another site'
  return undefined
}
