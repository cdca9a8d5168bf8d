import {
  type EditMessages,
  editEachMessage,
  editLastMessage,
  editPieces,
  type MessageEditor,
  type PlainMessage,
} from 'lunaroute'
import { isObject, type JsonObject } from 'lunaroute/neutral'

const RESULTS = ['functionResponse', 'function_response', 'toolResponse', 'tool_response']
const COUNTED = ['generateContentRequest', 'generate_content_request']

/** The contents of a Gemini request. Lists of proto JSON may be a single object, and names may be in snake case. */
export const messageEditor: MessageEditor = {
  editLastUser: (body, edit) => within(body, request => editUsers(request, edit, editLastMessage)),
  editUsers: (body, edit) => within(body, request => editUsers(request, edit, editEachMessage)),
  prepend: (body, messages) => within(body, request => prepend(request, messages)),
}

/** A request to count tokens may hold the request it is about. */
function within(body: JsonObject, edit: (request: JsonObject) => JsonObject): JsonObject {
  const key = COUNTED.find(each => isObject(body[each]))
  if (key === undefined) return edit(body)
  const request = body[key] as JsonObject
  const edited = edit(request)
  return edited === request ? body : { ...body, [key]: edited }
}

function editUsers(body: JsonObject, edit: (text: string) => string, editMessages: EditMessages): JsonObject {
  const contents = listOf(body.contents)
  if (!contents) return body
  const edited = editMessages(contents, content => (isUsers(content) ? editParts(content, edit) : undefined))
  return edited === contents ? body : { ...body, contents: edited }
}

function prepend(body: JsonObject, messages: readonly PlainMessage[]): JsonObject {
  const key =
    body.systemInstruction === undefined && 'system_instruction' in body ? 'system_instruction' : 'systemInstruction'
  const contents = listOf(body.contents ?? [])
  const instruction = contentOf(body[key])
  if (!contents || !instruction || messages.length === 0) return body
  const system = messages.filter(each => each.role === 'system').map(partOf)
  const others = messages
    .filter(each => each.role !== 'system')
    .map(each => ({ role: each.role === 'user' ? 'user' : 'model', parts: [partOf(each)] }))
  return {
    ...body,
    ...(system.length > 0 && { [key]: { ...instruction, parts: [...system, ...(listOf(instruction.parts) ?? [])] } }),
    ...(others.length > 0 && { contents: [...others, ...contents] }),
  }
}

function listOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value
  return isObject(value) ? [value] : undefined
}

/** A system instruction as a content; it may be a text. */
function contentOf(instruction: unknown): JsonObject | undefined {
  if (!instruction) return { parts: [] }
  if (typeof instruction === 'string') return { parts: [{ text: instruction }] }
  return isObject(instruction) ? instruction : undefined
}

function partOf({ content }: PlainMessage): JsonObject {
  return { text: content }
}

function isUsers({ role, parts }: JsonObject): boolean {
  if (role !== 'user' && role !== undefined) return false
  return !listOf(parts)?.every(part => isObject(part) && RESULTS.some(key => key in part))
}

/** Null where no part is left. */
function editParts(content: JsonObject, edit: (text: string) => string): JsonObject | null {
  const parts = listOf(content.parts)
  if (!parts) return content
  const edited = editPieces(parts, part => part.thought !== true, edit)
  if (edited === parts) return content
  return edited.length === 0 ? null : { ...content, parts: edited }
}
