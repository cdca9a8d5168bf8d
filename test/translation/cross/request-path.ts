import type { Diagnostic, JsonObject, NeutralRequest } from 'lunaroute/neutral'
import { Memory } from '../../../plugins/translate/memory.ts'
import { applyPolicies } from '../../../plugins/translate/policies/index.ts'
import { Profiles } from '../../../plugins/translate/profiles/index.ts'
import { Recorder } from '../../../plugins/translate/recorder.ts'
import { Reversal } from '../../../plugins/translate/reversal.ts'
import type { Side } from './dialects.ts'

/** A request as a provider of another dialect gets it, with what stood in between. */
export interface Sent {
  readonly body: JsonObject
  /** The form that the writer was given. */
  readonly fitted: NeutralRequest
  readonly diagnostics: readonly Diagnostic[]
  readonly reversal: Reversal
}

const profiles = new Profiles({})

/** Translates a request the way `translate` does. Throws where that refuses. */
export function sent(client: Side, provider: Side, body: JsonObject): Sent {
  const { codec, model } = provider
  const recorder = new Recorder(client.codec, false)
  const reversal = new Reversal()
  const profile = profiles.find(model, codec.dialect, codec.limits)
  const read = client.codec.readRequest({ body, model: 'm' })
  const fitted = applyPolicies(read, {
    profile,
    diagnostics: recorder,
    dialect: codec.dialect,
    provider: 'p',
    parameters: client.codec.parameters,
    memory: new Memory(),
    reversal,
  })
  const written = codec.writeRequest(fitted, { profile, diagnostics: recorder, model })
  return { body: JSON.parse(JSON.stringify(written.body)) as JsonObject, fitted, diagnostics: recorder.list, reversal }
}
