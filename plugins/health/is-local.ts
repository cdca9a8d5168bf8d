import type { Exchange } from 'lunaroute'

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3})$/i
const PROXIED = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via']

/** Whether a program on this machine asks, and not a proxy on it for someone else. */
export function isLocal({ remoteAddress, head }: Exchange): boolean {
  return LOOPBACK.test(remoteAddress) && !PROXIED.some(name => head.has(name))
}
