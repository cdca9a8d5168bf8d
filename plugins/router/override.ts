import { GatewayError, type RequestHead } from 'lunaroute'

/** What a client's headers and query ask for by name. */
export interface Wish {
  readonly kind: 'rule' | 'provider'
  readonly name: string
  /** Where it was said, for messages. */
  readonly by: string
}

/** The first wish of a request; undefined where it has none. A rule is more than a provider. */
export function wishOf(head: RequestHead): Wish | undefined {
  const rule = head.get('x-luna-route')
  if (rule !== undefined) return { kind: 'rule', name: rule, by: 'X-Luna-Route' }
  if (head.query !== '') {
    const name = new URLSearchParams(head.query).get(PARAMETER)
    if (name !== null) return { kind: 'rule', name, by: '?route' }
  }
  const provider = head.get('x-luna-provider')
  return provider === undefined ? undefined : { kind: 'provider', name: provider, by: 'X-Luna-Provider' }
}

export function refuseWish({ kind, name, by }: Wish): GatewayError {
  const message = `${by} names no ${kind} of this gateway: "${name.slice(0, 100)}"`
  return new GatewayError('LR_BAD_REQUEST', 400, message)
}

/** Headers without the gateway's own; the same object where there is none among them. */
export function withoutOwnHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const name in headers) {
    if (name.startsWith(OWN)) {
      return Object.fromEntries(Object.entries(headers).filter(([each]) => !each.startsWith(OWN)))
    }
  }
  return headers
}

/** A path without the parameter that names a rule; every other byte stays. */
export function withoutParameter(path: string): string {
  const mark = path.indexOf('?')
  if (mark < 0 || !path.includes(`${PARAMETER}=`, mark)) return path
  const kept = path
    .slice(mark + 1)
    .split('&')
    .filter(part => !part.startsWith(`${PARAMETER}=`))
  return kept.length > 0 ? `${path.slice(0, mark)}?${kept.join('&')}` : path.slice(0, mark)
}

const PARAMETER = 'route'
const OWN = 'x-luna-'
