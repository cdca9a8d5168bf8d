import type { Block, Diagnostic, Message, ModelProfile, NeutralRequest } from 'lunaroute/neutral'
import { Memory } from '../memory.ts'
import type { PolicyContext } from '../policy.ts'
import { Recorder } from '../recorder.ts'
import { Reversal } from '../reversal.ts'
import { applyPolicies } from './index.ts'

interface Setting {
  readonly profile?: ModelProfile
  readonly memory?: Memory
}

interface Applied {
  readonly request: NeutralRequest
  readonly reversal: Reversal
  readonly diagnostics: readonly Diagnostic[]
}

/** What the policies make of a request from a client of dialect `here`, to a provider of dialect `there`. */
export function apply(given: Partial<NeutralRequest>, { profile = {}, memory = new Memory() }: Setting = {}): Applied {
  const recorder = new Recorder({ dialect: 'here', parameters: { stop: 'halt' } } as never, false)
  const reversal = new Reversal()
  const context: PolicyContext = {
    profile,
    diagnostics: recorder,
    dialect: 'there',
    provider: 'p',
    parameters: {},
    memory,
    reversal,
  }
  const request = applyPolicies({ dialect: 'here', messages: [user(text('Hi'))], ...given }, context)
  return { request, reversal, diagnostics: recorder.list }
}

export const text = (text: string): Block => ({ type: 'text', text })
export const user = (...content: Block[]): Message => ({ role: 'user', content })
export const assistant = (...content: Block[]): Message => ({ role: 'assistant', content })
export const call = (callId: string, name = 'f', input = '{}'): Block => ({
  type: 'toolCall',
  callId,
  name,
  inputType: 'json',
  input,
})
export const result = (callId: string): Block => ({ type: 'toolResult', callId, content: [text('done')] })
export const tool = (...content: Block[]): Message => ({ role: 'tool', content })
export const actions = (diagnostics: readonly Diagnostic[]) =>
  diagnostics.map(({ action, path }) => `${action} ${path}`)
