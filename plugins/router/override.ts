import { didYouMean, GatewayError, type RequestHead } from 'lunaroute'

/** What a client's headers and query ask for by name. */
export interface Wish {
  readonly kind: 'rule' | 'provider'
  readonly name: string
  /** Where it was said, for messages. */
  readonly by: string
  /** The query parameter it came in. */
  readonly parameter?: string
}

/** The first wish of a request; undefined where it has none. A rule is more than a provider. */
export function wishOf(head: RequestHead): Wish | undefined {
  const asked = head.query === '' ? null : new URLSearchParams(head.query).get(PARAMETER)
  const parameter = asked === null ? {} : { parameter: PARAMETER }
  const rule = head.get('x-luna-route')
  if (rule !== undefined) return { kind: 'rule', name: rule, by: 'X-Luna-Route', ...parameter }
  if (asked !== null) return { kind: 'rule', name: asked, by: '?route', ...parameter }
  const provider = head.get('x-luna-provider')
  return provider === undefined ? undefined : { kind: 'provider', name: provider, by: 'X-Luna-Provider' }
}

/** `names` are those it could have meant. */
export function refuseWish({ kind, name, by }: Wish, names: Iterable<string>): GatewayError {
  const short = name.slice(0, 100)
  const message = `${by} names no ${kind} of this gateway: "${short}"${didYouMean(short, names)}`
  return new GatewayError('LR_BAD_REQUEST', 400, message)
}

const PARAMETER = 'route'
