import { BlockList, isIP } from 'node:net'
import { ConfigError } from '../errors.ts'
import type { Environment } from './environment.ts'

/** The proxy for a URL, by HTTPS_PROXY, HTTP_PROXY and NO_PROXY; undefined for none. A loopback host never has one. */
export function proxyFor(baseUrl: string, env: Environment): string | undefined {
  const url = new URL(baseUrl)
  const either = (name: string): [string, string] | undefined => {
    const found = [name.toLowerCase(), name].find(each => env.text(each) !== undefined)
    return found === undefined ? undefined : [found, env.text(found)!]
  }
  const proxy = either(url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY')
  if (!proxy || isLoopback(hostOf(url)) || isExcepted(url, either('NO_PROXY')?.[1] ?? '')) return undefined
  return checked(...proxy)
}

/** Whether a NO_PROXY list names a URL's host: `*`, a name and all below it, an address, a CIDR block; maybe a port. */
export function isExcepted(url: URL, list: string): boolean {
  const host = hostOf(url)
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return list
    .split(/[\s,]+/)
    .filter(Boolean)
    .some(entry => {
      if (entry === '*') return true
      if (entry.includes('/')) return isInBlock(host, entry)
      const [wanted, wantedPort] = splitPort(entry)
      if (wantedPort !== undefined && wantedPort !== port) return false
      const name = wanted.toLowerCase().replace(/^\*?\./, '')
      return host === name || (isIP(host) === 0 && name !== '' && host.endsWith(`.${name}`))
    })
}

/** `host`, `host:port`, `::1` or `[::1]:port`. */
function splitPort(entry: string): [host: string, port?: string] {
  if (isIP(entry) === 6) return [entry]
  const [, bracketed, name, port] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? []
  const host = bracketed ?? name ?? entry
  return port === undefined ? [host] : [host, port]
}

function isInBlock(host: string, block: string): boolean {
  const [network, length] = block.split('/')
  const family = isIP(network!)
  if (
    family === 0 ||
    family !== isIP(host) ||
    !/^\d{1,3}$/.test(length!) ||
    Number(length) > (family === 4 ? 32 : 128)
  ) {
    return false
  }
  const blocks = new BlockList()
  blocks.addSubnet(network!, Number(length), family === 4 ? 'ipv4' : 'ipv6')
  return blocks.check(host, family === 4 ? 'ipv4' : 'ipv6')
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127(?:\.\d+){3}$/.test(host)
}

function hostOf(url: URL): string {
  return url.hostname.toLowerCase().replace(/^\[|\]$/g, '')
}

function checked(variable: string, text: string): string {
  const url = text.includes('://') ? text : `http://${text}`
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url
  // Its text is not repeated: it may hold a password.
  throw new ConfigError(`the environment variable ${variable} must be the http:// or https:// URL of a proxy`)
}
