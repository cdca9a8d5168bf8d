import {
  type Block,
  Fields,
  isObject,
  type JsonObject,
  type Message,
  type Role,
  type ToolResultBlock,
} from 'lunaroute/neutral'
import { readAnnotations } from './annotations.ts'
import { readCalls } from './calls.ts'
import { DIALECT } from './name.ts'
import { readContent } from './parts.ts'
import { readReasoning } from './reasoning.ts'

const ROLES = new Set<unknown>(['system', 'developer', 'user', 'assistant'] satisfies Role[])

/** Reads `messages`. A run of tool results becomes one message. */
export function readMessages(values: readonly unknown[]): Message[] {
  const messages: Message[] = []
  // Old function results name no call: they answer the last one.
  let legacyId = 'function_call'
  for (const [i, value] of values.entries()) {
    const at = `messages[${i}]`
    const result = readToolResult(value, at, legacyId)
    const last = messages.at(-1)
    if (result && last?.role === 'tool') messages[messages.length - 1] = { ...last, content: [...last.content, result] }
    else if (result) messages.push({ role: 'tool', content: [result], at })
    else {
      if (isObject(value) && isObject(value.function_call)) legacyId = `function_call_${i}`
      messages.push(readMessage(value, at, legacyId))
    }
  }
  return messages
}

/** Reads what an assistant's message holds, of a request or a response. */
export function readAssistant(f: Fields, at: string, legacyId: string): Block[] {
  const reasoning = readReasoning(f, at)
  f.optional('content')
  const content = readContent(f, at) ?? []
  readAnnotations(f, content)
  const refusal = f.string('refusal')
  const audio = f.object('audio')
  const heard = audio && readAudio(audio, `${at}.audio`)
  if (!heard) f.leave('audio')
  return [
    ...reasoning,
    ...content,
    ...(refusal === undefined ? [] : [{ type: 'refusal', text: refusal, at: `${at}.refusal` } as const]),
    ...(heard ? [heard] : []),
    ...readCalls(f, at, legacyId),
  ]
}

function readMessage(value: unknown, at: string, legacyId: string): Message {
  const native: Message = { role: 'native', content: [{ type: 'native', dialect: DIALECT, value }], at }
  if (!isObject(value)) return native
  const f = new Fields(value)
  const role = f.string('role')
  if (!ROLES.has(role)) return native
  const content = role === 'assistant' ? readAssistant(f, at, legacyId) : (readContent(f, at) ?? [])
  return { role: role as Role, content, name: f.string('name'), at, extra: f.extra(DIALECT) }
}

function readToolResult(value: unknown, at: string, legacyId: string): ToolResultBlock | undefined {
  if (!isObject(value)) return undefined
  const f = new Fields(value)
  const isLegacy = f.constant('role', 'function')
  if (!isLegacy && !f.constant('role', 'tool')) return undefined
  if (isLegacy) f.shape('role', 'function')
  const callId = isLegacy ? legacyId : f.string('tool_call_id')
  if (callId === undefined) return undefined
  const content = readContent(f, at) ?? []
  return { type: 'toolResult', callId, name: f.string('name'), content, at, extra: f.extra(DIALECT) }
}

function readAudio(native: JsonObject, at: string): Block | undefined {
  const f = new Fields(native)
  const id = f.string('id')
  if (id === undefined) return undefined
  const data = f.string('data')
  // The format is the one the request asked for; the answer does not repeat it.
  const source =
    data === undefined ? undefined : ({ type: 'base64', mediaType: 'application/octet-stream', data } as const)
  const [transcript, expiresAt] = [f.string('transcript'), f.number('expires_at')]
  return { type: 'audio', id, source, transcript, expiresAt, at, extra: f.extra(DIALECT) }
}
