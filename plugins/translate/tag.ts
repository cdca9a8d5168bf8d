import type { OpaqueState } from 'lunaroute/neutral'

/** Who issued a piece of opaque state. */
export interface Issuer {
  readonly provider: string
  readonly dialect: string
  readonly kind: OpaqueState['kind']
}

const MARK = Buffer.from('lunaroute').toString('base64')
/** Its end alone: Buffer.includes halts less often at a capital X than at letters that prose is made of, six times as fast here. */
const MARK_END = Buffer.from(MARK.slice(-7))
const KINDS: readonly OpaqueState['kind'][] = ['signature', 'encrypted', 'redacted']
/** Two bytes for the length of what follows, one for the format of it: four characters. */
const VERSION = 1

/**
 * State as a client carries it through a dialect it was not made for: its issuer first. The tag is base64 of whole
 * triplets, so that base64 with a tag is still base64, which some SDKs decode on the way.
 */
export function tagged(state: OpaqueState, provider: string): OpaqueState {
  if (state.data.startsWith(MARK)) return state
  const text = [provider, state.issuer, String(KINDS.indexOf(state.kind))].join('\n')
  const padded = Buffer.from(text + ' '.repeat((3 - (Buffer.byteLength(text) % 3)) % 3))
  const head = Buffer.from([padded.length >> 8, padded.length & 0xff, VERSION])
  return { ...state, data: MARK + head.toString('base64') + padded.toString('base64') + state.data }
}

/** Stands for the state of what was made without one. */
export function stateless(issuer: string): OpaqueState {
  return { kind: 'signature', data: '', issuer }
}

/** The state as its issuer made it, and who that was; undefined for state without a tag. */
export function untagged(data: string): { readonly data: string; readonly issuer: Issuer } | undefined {
  if (!data.startsWith(MARK)) return undefined
  const head = Buffer.from(data.slice(MARK.length, MARK.length + 4), 'base64')
  if (head.length !== 3 || head[2] !== VERSION) return undefined
  const start = MARK.length + 4
  const end = start + (head.readUInt16BE(0) / 3) * 4
  const [provider, dialect, kind] = Buffer.from(data.slice(start, end), 'base64').toString().trimEnd().split('\n')
  if (!provider || !dialect || kind === undefined) return undefined
  return { data: data.slice(end), issuer: { provider, dialect, kind: KINDS[Number(kind)] ?? 'signature' } }
}

/** Whether a body may hold tagged state. Most have no capital X at all, and for one byte nothing need be set up to search. */
export function hasTag(body: Buffer): boolean {
  const first = body.indexOf(MARK_END[0]!)
  return first >= 0 && body.includes(MARK_END, first)
}
