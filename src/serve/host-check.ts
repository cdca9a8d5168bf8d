import { GatewayError } from '../errors.ts'

const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\]|\[::ffff:127(?:\.\d{1,3}){3}\])$/i

export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host) || LOOPBACK.test(`[${host}]`)
}

/**
 * Guards a loopback listener against DNS rebinding: a page in a browser can make its own name resolve to 127.0.0.1,
 * but it cannot make the browser send another Host header.
 */
export class HostCheck {
  readonly #allowed: ReadonlySet<string>
  readonly #seen = new Set<string>()

  constructor(allowed: readonly string[]) {
    this.#allowed = new Set(allowed.map(each => each.toLowerCase()))
  }

  /** The refusal for a request with this Host header, or undefined where it may pass. */
  refusal(host: string | undefined): GatewayError | undefined {
    if (host === undefined || this.#seen.has(host)) return undefined
    const name = host.replace(/:\d*$/, '').toLowerCase()
    if (LOOPBACK.test(name) || this.#allowed.has(name)) {
      // Nearly every request brings the same value.
      if (this.#seen.size < 100) this.#seen.add(host)
      return undefined
    }
    const message = `this gateway listens on loopback and does not answer to the host "${name}"; add it to http_server.allowed_hosts`
    return new GatewayError('LR_HOST', 403, message)
  }
}
