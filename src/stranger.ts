import type { Exchange } from './exchange.ts'

const ADDRESS = /^(?:127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3})$/i
const HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i
const ORIGIN = /^https?:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i
const PROXIED = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via']

/** Why a request is not from a program on this machine, or undefined where it is. */
export function strangerOf({ remoteAddress, head }: Exchange): string | undefined {
  if (!ADDRESS.test(remoteAddress)) return 'the request comes from another machine'
  if (PROXIED.some(name => head.has(name))) return 'the request came through a proxy'
  // A page can give its own name the address 127.0.0.1, but not another Host header to the browser.
  if (!HOST.test(head.get('host') ?? 'localhost')) return 'the request is for another host; ask localhost'
  const origin = head.get('origin')
  if (origin !== undefined && !ORIGIN.test(origin)) return 'the request comes from a web page of another origin'
  if (head.get('sec-fetch-site') === 'cross-site') return 'the request comes from a web page of another site'
  return undefined
}
