import type { SessionEvent } from 'lunaroute/sessions'
import type { Assembly } from './assembly.ts'
import { round } from './assembly.ts'
import type { Addition } from './history.ts'
import { type ReadRequest, textOf } from './read-request.ts'

/** An event without what all of a request's have in common. */
export type Told = SessionEvent extends infer E
  ? E extends SessionEvent
    ? Omit<E, 'session_id' | 'request_id' | 'sequence'>
    : never
  : never

const TAG_HEADERS = ['x-session-tags', 'x-luna-tags']
const MAX_TAGS = 32
const MAX_TAG = 64

/** What is known of a request once it has come in. */
export function requestEvents(
  assembly: Assembly,
  request: ReadRequest,
  addition: Addition | undefined,
  settings: { readonly userAgentLength: number; readonly model: string | null },
): readonly Told[] {
  const { head, attempt } = assembly
  const timestamp = assembly.at(0)
  const agent = head.headers['user-agent']
  const started: Told = {
    type: 'started',
    timestamp,
    dialect: head.dialect,
    method: head.method,
    path: head.query === '' ? head.path : `${head.path}?${head.query}`,
    operation: head.operation,
    model_requested: request.neutral?.model ?? attempt?.model ?? settings.model ?? '',
    provider: attempt?.provider ?? '',
    listener: head.listener,
    is_streaming: request.isStream,
    client_ip: head.address,
    user_agent: agent === undefined || settings.userAgentLength === 0 ? null : agent.slice(0, settings.userAgentLength),
    caller: head.caller,
    agent_id: request.lineage.agent ?? null,
    parent_id: request.lineage.parent ?? null,
    request_headers: settings.userAgentLength === 0 ? without(head.headers, 'user-agent') : head.headers,
    session_tags: tagsOf(assembly),
  }
  const { neutral, json, size } = request
  if (size === 0) return [started]
  const messages = neutral?.messages.filter(each => each.placement !== 'top') ?? []
  const tools = neutral?.tools ?? []
  const recorded: Told = {
    type: 'request_recorded',
    timestamp,
    request_text:
      addition?.messages
        .filter(each => each.role === 'user')
        .map(textOf)
        .filter(Boolean)
        .join('\n') ?? '',
    request_json: json,
    request_size_bytes: size,
    estimated_tokens: Math.ceil(size / 4),
    message_count: messages.length,
    new_message_count: addition?.messages.length ?? 0,
    has_system_prompt: neutral?.messages.some(each => each.role === 'system' || each.role === 'developer') ?? false,
    has_tools: tools.length > 0,
    tool_count: tools.length,
  }
  return [started, recorded, ...resultEvents(assembly, addition)]
}

function resultEvents(assembly: Assembly, addition: Addition | undefined): readonly Told[] {
  return (addition?.results ?? []).map(({ result, call }): Told => {
    const output = result.content.map(block => (block.type === 'text' ? block.text : JSON.stringify(block))).join('')
    return {
      type: 'tool_result_recorded',
      timestamp: assembly.at(0),
      tool_name: result.name ?? call?.name ?? '',
      tool_call_id: result.callId,
      call_request_id: call?.requestId ?? null,
      execution_time_ms: call ? round(Math.max(0, assembly.head.startedAt - call.at)) : null,
      output_size_bytes: Buffer.byteLength(output),
      success: result.isError === undefined ? null : !result.isError,
    }
  })
}

/** Labels that the client gives its sessions, and the marker by which it chose its route. */
function tagsOf({ head, attempt }: Assembly): readonly string[] {
  const given = TAG_HEADERS.flatMap(name => (head.headers[name] ?? '').split(','))
  const route = attempt?.route && /marker/i.test(attempt.routeReason ?? '') ? [`lunaroute:${attempt.route}`] : []
  const tags = [...given.map(each => each.trim().slice(0, MAX_TAG)), ...route]
  return [...new Set(tags.filter(each => each !== ''))].slice(0, MAX_TAGS)
}

function without(headers: Readonly<Record<string, string>>, name: string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name))
}
