import type { Diagnostic, JsonObject, NeutralRequest } from 'lunaroute/neutral'
import { Memory } from '../../../plugins/translate/memory.ts'
import { applyPolicies } from '../../../plugins/translate/policies/index.ts'
import { Profiles } from '../../../plugins/translate/profiles/index.ts'
import { Recorder } from '../../../plugins/translate/recorder.ts'
import { Reversal } from '../../../plugins/translate/reversal.ts'
import type { Side } from './dialects.ts'

/** A request as a provider of another dialect gets it, with what stood in between. */
export interface Sent {
  /** The client's request as it was read. */
  readonly read: NeutralRequest
  readonly body: JsonObject
  /** What its own dialect reads in what was written. */
  readonly again: NeutralRequest
  readonly diagnostics: readonly Diagnostic[]
  readonly reversal: Reversal
}

const profiles = new Profiles({})

/** Translates a request the way `translate` does. Throws where that refuses. */
export function sent(client: Side, { codec }: Side, model: string, body: JsonObject): Sent {
  const recorder = new Recorder(client.codec, false)
  const reversal = new Reversal()
  const profile = profiles.find(model, codec.dialect, codec.limits)
  const isStream = body.stream === true
  const native = client.codec.readRequest({ body, model: 'm', isStream })
  const read = { ...native, stream: { ...native.stream, isStream } }
  const fitted = applyPolicies(read, {
    profile,
    diagnostics: recorder,
    dialect: codec.dialect,
    provider: 'p',
    parameters: client.codec.parameters,
    memory: new Memory(),
    reversal,
  })
  const wire = codec.writeRequest(fitted, { profile, diagnostics: recorder, model })
  // What leaves is JSON: there are no undefined fields in it.
  const written = JSON.parse(JSON.stringify(wire.body)) as JsonObject
  const again = codec.readRequest({ ...wire, body: written })
  return { read, body: written, again, diagnostics: recorder.list, reversal }
}
