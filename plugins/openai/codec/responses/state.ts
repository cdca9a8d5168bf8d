import type { OpaqueState } from 'lunaroute/neutral'
import { DIALECT } from './name.ts'

/** Begins a foreign state that travels in `encrypted_content`, the only field that clients of Responses send back. */
const ENVELOPE = /^lunaroute:(signature|encrypted|redacted):([^:]+):/

/** Reads `encrypted_content`: the provider's own, or the state of another issuer in an envelope. */
export function readState(encrypted: string | undefined): OpaqueState | undefined {
  if (encrypted === undefined) return undefined
  const [head, kind, issuer] = ENVELOPE.exec(encrypted) ?? []
  if (head === undefined) return { kind: 'encrypted', data: encrypted, issuer: DIALECT }
  return { kind: kind as OpaqueState['kind'], data: encrypted.slice(head.length), issuer: decodeURIComponent(issuer!) }
}

/** Writes a state; one that is not from Responses is put into an envelope, so that it comes back as what it is. */
export function writeState(state: OpaqueState | undefined): string | undefined {
  if (!state) return undefined
  const isOwn = state.kind === 'encrypted' && state.issuer.startsWith(DIALECT)
  return isOwn ? state.data : `lunaroute:${state.kind}:${encodeURIComponent(state.issuer)}:${state.data}`
}
