import type { Policy } from '../policy.ts'

/** For models that refuse to go on from words put into their mouth. */
export const withoutPrefill: Policy = (request, { diagnostics, profile }) => {
  const last = request.messages.at(-1)
  if (profile.hasPrefill !== false || last?.role !== 'assistant') return request
  diagnostics.changed(last.at ?? 'messages', 'the model cannot go on from a turn of its own; the user asks it to')
  const text = 'Continue exactly where your last message ended.'
  return { ...request, messages: [...request.messages, { role: 'user', content: [{ type: 'text', text }] }] }
}
