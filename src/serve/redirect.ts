import { GatewayError } from '../errors.ts'
import type { ResponseHead } from '../exchange.ts'
import type { Provider } from '../upstream/provider.ts'
import type { Told } from './held-response.ts'

/** An origin that is nobody's: what stays there stays with the gateway. */
const HERE = 'http://gateway.invalid'

export function redirect(status: number): Told {
  return { kind: 'protocol', message: `answered with a redirect (${status})` }
}

/**
 * The refusal of a redirect that leads to another host. The gateway does not follow it, and must not pass it on: clients
 * do follow, and take a credential along that was never meant for that host (of theirs, fetch drops Authorization alone).
 */
export function redirectAway(head: ResponseHead, { name }: Provider): GatewayError | undefined {
  const location = head.get('location')
  if (location === undefined || (URL.canParse(location, HERE) && new URL(location, HERE).origin === HERE))
    return undefined
  const message = `the provider "${name}" ${redirect(head.status).message} to another host, which is not followed; set its base_url`
  return new GatewayError('LR_UPSTREAM_PROTOCOL', 502, message)
}
