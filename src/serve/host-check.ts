import { GatewayError } from '../errors.ts'

const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\]|\[::ffff:127(?:\.\d{1,3}){3}\])$/i

export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host) || LOOPBACK.test(`[${host}]`)
}

/**
 * Guards a loopback listener against web pages. One can make its own name resolve to 127.0.0.1 (DNS rebinding), but not
 * make the browser send another Host; and it can send requests here, but not without its Origin.
 */
export class HostCheck {
  readonly #allowed: ReadonlySet<string>
  readonly #seen = new Set<string>()

  constructor(allowed: readonly string[]) {
    this.#allowed = new Set(allowed.map(each => each.toLowerCase()))
  }

  /** The refusal for a request with these headers, or undefined where it may pass. */
  refusal(host: string | undefined, origin: string | undefined): GatewayError | undefined {
    if (host !== undefined && !this.#isOwn(host)) {
      const name = nameOf(host)
      return refusal(`this gateway listens on loopback and does not answer to the host "${name}"`)
    }
    // Other schemes are desktop programs and browser extensions.
    if (origin === undefined || !/^https?:\/\//i.test(origin)) return undefined
    if (this.#isOwn(origin.replace(/^https?:\/\//i, ''))) return undefined
    return refusal(`this gateway does not serve web pages of ${origin.slice(0, 200)}`)
  }

  #isOwn(host: string): boolean {
    if (this.#seen.has(host)) return true
    const name = nameOf(host)
    if (!LOOPBACK.test(name) && !this.#allowed.has(name)) return false
    // Nearly every request brings the same value.
    if (this.#seen.size < 100) this.#seen.add(host)
    return true
  }
}

function nameOf(host: string): string {
  return host.replace(/:\d*$/, '').toLowerCase()
}

function refusal(what: string): GatewayError {
  return new GatewayError('LR_HOST', 403, `${what}; add it to http_server.allowed_hosts`)
}
