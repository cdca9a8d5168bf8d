import { type EditMessages, editContent, editEachMessage, editLastMessage, type MessageEditor } from 'lunaroute'
import type { JsonObject } from 'lunaroute/neutral'

/** The messages of a Responses request: `instructions`, and an `input` that is a text or a list of items. */
export const responsesMessages: MessageEditor = {
  editLastUser: (body, edit) => editUsers(body, edit, editLastMessage),
  editUsers: (body, edit) => editUsers(body, edit, editEachMessage),
  prepend(body, messages) {
    const { input, instructions } = body
    if (messages.length === 0 || !isText(instructions) || !(isText(input) || Array.isArray(input))) return body
    const system = messages.filter(each => each.role === 'system').map(({ content }) => content)
    const others = messages
      .filter(each => each.role !== 'system')
      .map(({ role, content }) => ({ type: 'message', role, content }))
    return {
      ...body,
      ...(system.length > 0 && { instructions: [...system, ...(instructions ? [instructions] : [])].join('\n\n') }),
      ...(others.length > 0 && { input: [...others, ...itemsOf(input)] }),
    }
  },
}

function editUsers(body: JsonObject, edit: (text: string) => string, editMessages: EditMessages): JsonObject {
  const { input } = body
  if (typeof input === 'string') {
    const text = edit(input)
    return text === input ? body : { ...body, input: text === '' ? [] : text }
  }
  if (!Array.isArray(input)) return body
  const items = editMessages(input, item =>
    isUsers(item) ? editContent(item, piece => piece.type === 'input_text', edit) : undefined,
  )
  return items === input ? body : { ...body, input: items }
}

/** A message need not say that it is one; results of tools are items of other types. */
function isUsers(item: JsonObject): boolean {
  return item.role === 'user' && (item.type === undefined || item.type === 'message')
}

function isText(value: unknown): value is string | null | undefined {
  return typeof value === 'string' || value === null || value === undefined
}

function itemsOf(input: string | readonly unknown[] | null | undefined): readonly unknown[] {
  if (typeof input !== 'string') return input ?? []
  return [{ type: 'message', role: 'user', content: input }]
}
