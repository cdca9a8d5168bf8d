import { type Block, Fields, isObject, type JsonObject, type Message, type Role } from 'lunaroute/neutral'
import { DIALECT } from './name.ts'
import { readContent } from './parts.ts'
import { readAssistantItem, readModelItem } from './read-items.ts'
import { readResult } from './results.ts'
import { readToolList } from './tools.ts'

const ROLES = new Set<unknown>(['system', 'developer', 'user', 'assistant'] satisfies Role[])

/**
 * Reads `instructions` and `input`. A run of items of the model's side becomes one message, and so does a run of
 * results.
 */
export function readInput(f: Fields): Message[] {
  const messages: Message[] = []
  const instructions = f.string('instructions')
  if (instructions !== undefined) {
    const text: Block = { type: 'text', text: instructions, at: 'instructions' }
    messages.push({ role: 'system', placement: 'top', content: [text], at: 'instructions' })
  }
  const text = f.string('input')
  if (text !== undefined) {
    f.shape('input', 'string')
    messages.push({ role: 'user', content: [{ type: 'text', text, at: 'input' }], at: 'input' })
    return messages
  }
  for (const [i, value] of (f.list('input') ?? []).entries()) {
    const message = readItem(value, `input[${i}]`)
    const last = messages.at(-1)
    const isRun = message.role === 'assistant' || message.role === 'tool'
    if (!isRun || last?.role !== message.role) messages.push(message)
    else messages[messages.length - 1] = { ...last, content: [...last.content, ...message.content] }
  }
  return messages
}

function readItem(value: unknown, at: string): Message {
  const native: Message = { role: 'native', content: [{ type: 'native', dialect: DIALECT, value, at }], at }
  if (!isObject(value)) return native
  const { type, role } = value
  if (type === undefined || type === 'message') {
    if (role === 'assistant') return { role, content: readAssistantItem(value, at), at }
    return ROLES.has(role) ? readMessage(value, at) : native
  }
  if (type === 'additional_tools') return readAddition(value, at) ?? native
  const result = readResult(value, at)
  if (result) return { role: 'tool', content: [result], at }
  const content = readModelItem(value, at)
  return content ? { role: 'assistant', content, at } : native
}

function readMessage(item: JsonObject, at: string): Message {
  const f = new Fields(item)
  f.constant('type', 'message')
  f.optional('type')
  const role = f.string('role') as Role
  const content = readContent(f, 'content', 'input', at) ?? []
  return { role, content, at, extra: f.extra(DIALECT) }
}

function readAddition(item: JsonObject, at: string): Message | undefined {
  const f = new Fields(item)
  f.string('type')
  f.constant('role', 'developer')
  f.optional('role')
  const tools = f.list('tools')
  if (!tools) return undefined
  const [id, read] = [f.string('id'), readToolList(tools, `${at}.tools`)]
  const block: Block = { type: 'toolAddition', tools: read, id, at, extra: f.extra(DIALECT) }
  return { role: 'developer', content: [block], at }
}
