import type { Block, Message } from 'lunaroute/neutral'
import type { Policy } from '../policy.ts'

const BEGINNING = '(The conversation begins with the assistant.)'

/** For providers that want the user to speak first. */
export const withUserFirst: Policy = (request, { diagnostics, profile }) => {
  const first = request.messages.findIndex(speaks)
  const message = request.messages[first]
  if (!profile.needsUserFirst || message?.role !== 'assistant') return request
  diagnostics.changed(message.at ?? 'messages', 'the user has to speak first, and is given a word')
  const user: Message = { role: 'user', content: [{ type: 'text', text: BEGINNING }] }
  return { ...request, messages: request.messages.toSpliced(first, 0, user) }
}

/** Instructions stand apart, and a turn without words is none. */
function speaks({ role, content }: Message): boolean {
  return role !== 'system' && role !== 'developer' && content.some(block => !isBlank(block))
}

function isBlank(block: Block): boolean {
  return (block.type === 'text' || block.type === 'refusal') && block.text.trim() === ''
}
