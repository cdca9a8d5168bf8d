import { type EditMessages, editContent, editEachMessage, editLastMessage, type MessageEditor } from 'lunaroute'
import { isObject, type JsonObject } from 'lunaroute/neutral'

const INSTRUCTING: ReadonlySet<unknown> = new Set(['system', 'developer'])

/** The messages of a Chat request. What the system says stands first, and tools answer in messages of their own. */
export const chatMessages: MessageEditor = {
  editLastUser: (body, edit) => editUsers(body, edit, editLastMessage),
  editUsers: (body, edit) => editUsers(body, edit, editEachMessage),
  prepend(body, messages) {
    if (!Array.isArray(body.messages) || messages.length === 0) return body
    const given: readonly unknown[] = body.messages
    const rest = given.findIndex(message => !isObject(message) || !INSTRUCTING.has(message.role))
    const instructions = rest < 0 ? given : given.slice(0, rest)
    // Some models refuse a request that has both words for it.
    const role = isObject(instructions[0]) ? instructions[0].role : 'system'
    const system = messages.filter(each => each.role === 'system').map(({ content }) => ({ role, content }))
    const others = messages.filter(each => each.role !== 'system')
    return { ...body, messages: [...system, ...instructions, ...others, ...given.slice(instructions.length)] }
  },
}

function editUsers(body: JsonObject, edit: (text: string) => string, editMessages: EditMessages): JsonObject {
  if (!Array.isArray(body.messages)) return body
  const messages = editMessages(body.messages, message =>
    message.role === 'user' ? editContent(message, piece => piece.type === 'text', edit) : undefined,
  )
  return messages === body.messages ? body : { ...body, messages }
}
