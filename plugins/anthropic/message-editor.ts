import { type EditMessages, editContent, editEachMessage, editLastMessage, type MessageEditor } from 'lunaroute'
import { isObject, type JsonObject } from 'lunaroute/neutral'

/** What Anthropic looks for at the very beginning: a billing line, and the words by which Claude Code names itself. */
const FIRST =
  /^(?:x-anthropic-billing-header:|You are Claude Code, Anthropic's|You are a Claude agent, built on Anthropic's)/

/** The messages of a Messages request. Tool results are blocks in a user's message; the system's text is apart. */
export const messageEditor: MessageEditor = {
  editLastUser: (body, edit) => editUsers(body, edit, editLastMessage),
  editUsers: (body, edit) => editUsers(body, edit, editEachMessage),
  prepend(body, messages) {
    if (!Array.isArray(body.messages) || messages.length === 0) return body
    const system = messages.filter(each => each.role === 'system').map(({ content }) => content)
    const others = messages.filter(each => each.role !== 'system')
    const before = withSystem(body.system, system)
    if (before === undefined) return body
    return {
      ...body,
      ...(system.length > 0 && { system: before }),
      ...(others.length > 0 && { messages: [...others, ...(body.messages as readonly unknown[])] }),
    }
  },
}

function editUsers(body: JsonObject, edit: (text: string) => string, editMessages: EditMessages): JsonObject {
  if (!Array.isArray(body.messages)) return body
  const messages = editMessages(body.messages, message =>
    isUsers(message) ? editContent(message, block => block.type === 'text', edit) : undefined,
  )
  return messages === body.messages ? body : { ...body, messages }
}

function isUsers({ role, content }: JsonObject): boolean {
  return role === 'user' && !(Array.isArray(content) && content.every(isResult))
}

function isResult(block: unknown): boolean {
  return isObject(block) && typeof block.type === 'string' && /^(?:\w+_)?tool_result$/.test(block.type)
}

/** In the form that is there; undefined where that is neither text nor blocks. */
function withSystem(system: unknown, texts: readonly string[]): string | readonly unknown[] | undefined {
  const added = texts.map(text => ({ type: 'text', text }))
  if (typeof system === 'string' && FIRST.test(system)) return [{ type: 'text', text: system }, ...added]
  if (typeof system === 'string' && system !== '') return [...texts, system].join('\n\n')
  if (!system) return texts.join('\n\n')
  if (!Array.isArray(system)) return undefined
  const blocks: readonly unknown[] = system
  const rest = blocks.findIndex(block => !isObject(block) || typeof block.text !== 'string' || !FIRST.test(block.text))
  const first = rest < 0 ? blocks.length : rest
  return [...blocks.slice(0, first), ...added, ...blocks.slice(first)]
}
