import type { LlmRequest, OptionProblem, PlainMessage } from 'lunaroute'
import { isObject, type JsonObject } from 'lunaroute/neutral'
import { over, under } from './merge.ts'
import type { RequestBody } from './options.ts'
import { type Environment, jsonTemplate, type Template, textTemplate, type Values } from './template.ts'

/** Rewrites a request of a provider. The same request where there is nothing to do. */
export type BodyTemplate = (request: LlmRequest, values: Values) => LlmRequest

/** What fills in and replaces fields of a body, and puts messages before its conversation. */
export function bodyTemplate({ defaults, overrides, prepend_messages }: RequestBody, env: Environment): BodyTemplate {
  const added = jsonTemplate(defaults ?? {}, env) as Template<JsonObject>
  const forced = jsonTemplate(overrides ?? {}, env) as Template<JsonObject>
  const messages = (prepend_messages ?? []).map(({ role, content }) => ({
    role: (role === 'developer' ? 'system' : role) as PlainMessage['role'],
    content: textTemplate(content, env),
  }))
  return (request, values) => {
    const { operation } = request.endpoint
    if (operation !== 'generate' && operation !== 'count-tokens') return request
    // A count takes few of the fields, but its messages must be those of the request that it is made for.
    const isWhole = operation === 'generate'
    const whole = isWhole ? withFields(withFields(request, added(values), under), forced(values), over) : request
    const before = messages.map(({ role, content }) => ({ role, content: content(values) }))
    return withMessages(whole, before)
  }
}

/** Fields that decide how the gateway itself deals with a request. */
export function checkBody({ defaults, overrides }: RequestBody, path: readonly string[]): readonly OptionProblem[] {
  return Object.entries({ defaults, overrides }).flatMap(([key, fields]) => {
    if (!fields || !('stream' in fields)) return []
    return [{ path: [...path, key, 'stream'], message: 'is for the client to say, who has to read the answer' }]
  })
}

function withFields(
  request: LlmRequest,
  fields: JsonObject,
  merge: (given: unknown, field: unknown) => unknown,
): LlmRequest {
  const changes = Object.entries(fields).flatMap(([key, field]) => {
    // The model may be in the path.
    const given = key === 'model' ? request.model : request.peek(key)
    const value = merge(given, field)
    return value === given ? [] : [[key, value] as const]
  })
  const { model, ...others } = Object.fromEntries(changes)
  const named = typeof model === 'string' ? request.withModel(model) : request
  return Object.keys(others).length > 0 ? named.with(others) : named
}

/** Only what has changed is written anew. */
function withMessages(request: LlmRequest, messages: readonly PlainMessage[]): LlmRequest {
  const { messages: editor } = request.dialect
  const body = messages.length > 0 && editor ? request.json() : undefined
  if (!editor || !isObject(body)) return request
  const longer = editor.prepend(body, isBegun(body) ? messages.filter(each => each.role === 'system') : messages)
  const changed = Object.entries(longer).filter(([key, value]) => value !== body[key])
  return changed.length > 0 ? request.with(Object.fromEntries(changed)) : request
}

/** Where the provider holds the beginning of a conversation (Responses), what stands before it is there already. */
function isBegun({ previous_response_id: previous, conversation }: JsonObject): boolean {
  return (previous ?? conversation ?? null) !== null
}
