import { GatewayError } from '../errors.ts'
import type { ResponseHead } from '../exchange.ts'
import type { Sending } from './attempt.ts'
import type { Told } from './held-response.ts'
import { withoutSecrets } from './secrets.ts'

/** What a response that is no answer means where no other attempt takes over. */
export function toldError(
  { kind, message: said }: Told,
  sending: Sending,
  head: ResponseHead | undefined,
): GatewayError {
  const { exchange, provider } = sending
  const message = `the provider "${provider.name}" ${withoutSecrets(said, provider, exchange)}`
  if (kind === 'cut') return new GatewayError('LR_UPSTREAM_CUT', 502, message)
  if (typeof kind !== 'number') return new GatewayError('LR_UPSTREAM_PROTOCOL', 502, message)
  const retryAfter = head?.get('retry-after')
  const options = retryAfter === undefined ? {} : { headers: { 'retry-after': retryAfter } }
  return new GatewayError('LR_UPSTREAM_ERROR', kind, message, options)
}
