import { GatewayError } from '../errors.ts'
import type { AttemptFailure } from '../exchange.ts'

export interface Classified {
  readonly failure: AttemptFailure
  readonly error: GatewayError
}

const BROKEN = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'UND_ERR_CLOSED', 'UND_ERR_DESTROYED'])
const SLOW = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'])

/**
 * What a failure before the response means, from the code undici or the operating system gave it. Once there is a
 * connection the request may have been read.
 */
export function classify(cause: Error, provider: string, isReused: boolean, isConnected: boolean): Classified {
  if (cause instanceof GatewayError) return { failure: 'protocol', error: cause }
  const code = codeOf(cause)
  if (SLOW.has(code)) {
    const message = `the provider "${provider}" did not answer in time`
    return { failure: 'timeout', error: new GatewayError('LR_UPSTREAM_TIMEOUT', 504, message, { cause }) }
  }
  // An error of the operating system on a connection that stood is no failure to connect: the request may have been read.
  if (BROKEN.has(code) || (isConnected && SYSTEM.test(code))) {
    if (!isConnected && code === 'ECONNRESET') return connect(cause, provider, 'the connection was reset')
    const message = `the provider "${provider}" closed the connection before it answered`
    const error = new GatewayError('LR_UPSTREAM_RESET', 502, message, { cause })
    return { failure: isReused ? 'stale' : 'reset', error }
  }
  const refusal = PROXY_REFUSAL.exec(cause.message)
  if (refusal) return connect(cause, provider, `the proxy refused with status ${refusal[1]}`)
  // undici 7 gives its parser's errors no code.
  if (cause.name === 'HTTPParserError' || code.startsWith('UND_ERR_')) {
    if (code === 'UND_ERR_CONNECT_TIMEOUT') return connect(cause, provider, 'no connection in time')
    const message = `the provider "${provider}" sent an answer that is not valid HTTP`
    return { failure: 'protocol', error: new GatewayError('LR_UPSTREAM_PROTOCOL', 502, message, { cause }) }
  }
  const { error } = connect(cause, provider, REASONS[code] ?? 'no connection')
  // Who is not trusted now is not trusted a moment later.
  return { failure: UNTRUSTED.test(code) ? 'protocol' : 'connect', error }
}

/** `ETIMEDOUT`, `EHOSTUNREACH` and their like, but not what TLS has to say. */
const SYSTEM = /^E(?!RR_|PROTO)[A-Z]+$/
/** What Node and OpenSSL call a certificate, or a TLS, that is not as it must be. */
const UNTRUSTED = /^(?:CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_|INVALID_CA|ERR_TLS_CERT_|ERR_SSL_|EPROTO)/

/** undici's words for what has no code of its own: the proxy of HTTPS_PROXY did not open a tunnel. */
const PROXY_REFUSAL = /^Proxy response \((\d{3})\)/

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'unknown host',
  EAI_AGAIN: 'the host name could not be resolved',
  ETIMEDOUT: 'no connection in time',
  EHOSTUNREACH: 'host unreachable',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate chain is self-signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate cannot be verified',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
}

function connect(cause: Error, provider: string, reason: string): Classified {
  const message = `the provider "${provider}" cannot be reached: ${reason}`
  return { failure: 'connect', error: new GatewayError('LR_UPSTREAM_CONNECT', 502, message, { cause }) }
}

function codeOf(error: Error): string {
  // Happy-eyeballs connection failures come as an AggregateError of one error per address.
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error
  const { code } = (first ?? error) as { code?: unknown }
  return typeof code === 'string' ? code : ''
}
