import type { SessionEvent } from 'lunaroute/sessions'
import { TOKEN_COLUMNS } from './schema.ts'

type Fields = Readonly<Record<string, unknown>>

const TYPES = new Set([
  'started',
  'request_recorded',
  'stream_started',
  'tool_call_recorded',
  'tool_result_recorded',
  'response_recorded',
  'completed',
])

/** Where an older LunaRoute kept the sums of a request, in its `completed`. */
const OLD_TOTALS: Readonly<Record<(typeof TOKEN_COLUMNS)[number], string>> = {
  input_tokens: 'total_input',
  output_tokens: 'total_output',
  thinking_tokens: 'total_thinking',
  reasoning_tokens: 'total_reasoning',
  cache_read_tokens: 'total_cache_read',
  cache_creation_tokens: 'total_cache_creation',
  audio_input_tokens: 'total_audio_input',
  audio_output_tokens: 'total_audio_output',
}

/**
 * Reads the events of one log in order. Those of an older LunaRoute have no numbers, and some lack what later ones have:
 * they get the numbers of their places, and zeros and nulls for what nobody knows.
 */
export class EventNumbers {
  readonly #next = new Map<string, number>()
  readonly #answered = new Set<string>()

  /** The events a line stands for: none for kinds that say nothing of their own. Throws for what is no event. */
  read(value: unknown): readonly SessionEvent[] {
    const event = value as Fields
    const { type, session_id, request_id, timestamp } = event ?? {}
    const names = [
      type,
      session_id,
      request_id,
      ...(String(type).startsWith('tool_') ? [event.tool_name, event.tool_call_id] : []),
    ]
    const isNamed = names.every(each => typeof each === 'string' && each !== '')
    if (!isNamed || typeof timestamp !== 'string' || Number.isNaN(Date.parse(timestamp))) {
      throw new TypeError('not an event of a session')
    }
    if (!TYPES.has(type as string)) return []
    if (typeof event.sequence === 'number') return [completed(event)]
    return this.#older(event, request_id as string)
  }

  #older(event: Fields, request: string): readonly SessionEvent[] {
    if (event.type === 'response_recorded') this.#answered.add(request)
    const events = [this.#numbered(event, request)]
    if (event.type !== 'completed') return events
    // Passed-through answers were never recorded; their sums were.
    const tokens = TOKEN_COLUMNS.map(name => [name, Number(event[OLD_TOTALS[name]] ?? 0)] as const)
    if (this.#answered.has(request) || tokens.every(([, count]) => count === 0)) return events
    const total_tokens = tokens.reduce((sum, [, count]) => sum + count, 0)
    const answer = {
      ...event,
      ...Object.fromEntries(tokens),
      type: 'response_recorded',
      total_tokens,
      model_used: null,
    }
    this.#next.set(request, this.#next.get(request)! - 1)
    return [this.#numbered(answer, request), this.#numbered(event, request)]
  }

  #numbered(event: Fields, request: string): SessionEvent {
    const sequence = this.#next.get(request) ?? 0
    this.#next.set(request, sequence + 1)
    return completed({ ...renamed(event), sequence })
  }
}

/** With what it lacks of its kind. A field of the wrong kind is as good as none. */
function completed(event: Fields): SessionEvent {
  const missing = Object.entries(DEFAULTS[String(event.type)] ?? {}).filter(([name, usual]) => {
    const value = event[name]
    if (usual === null || value === undefined) return value === undefined
    return value === null || typeof value !== typeof usual || Array.isArray(value) !== Array.isArray(usual)
  })
  if (missing.length === 0) return event as unknown as SessionEvent
  return { ...event, ...Object.fromEntries(missing) } as unknown as SessionEvent
}

function renamed(event: Fields): Fields {
  if (event.type !== 'completed') return event
  const { provider_time_ms, ...rest } = event
  return { ...rest, provider_latency_ms: provider_time_ms ?? 0, outcome: event.success === false ? 'error' : 'ok' }
}

const noTokens = Object.fromEntries(TOKEN_COLUMNS.map(name => [name, 0]))

const DEFAULTS: Readonly<Record<string, Fields>> = {
  started: {
    dialect: '',
    method: 'POST',
    path: '',
    operation: 'generate',
    model_requested: '',
    provider: '',
    listener: '',
    is_streaming: false,
    client_ip: '',
    user_agent: null,
    caller: null,
    agent_id: null,
    parent_id: null,
    request_headers: {},
    session_tags: [],
  },
  request_recorded: {
    request_text: '',
    request_json: null,
    request_size_bytes: 0,
    estimated_tokens: 0,
    message_count: 0,
    new_message_count: 0,
    has_system_prompt: false,
    has_tools: false,
    tool_count: 0,
  },
  stream_started: { time_to_first_token_ms: 0 },
  tool_call_recorded: { tool_arguments: '', input_size_bytes: 0 },
  tool_result_recorded: { call_request_id: null, execution_time_ms: null, output_size_bytes: 0, success: null },
  response_recorded: {
    ...noTokens,
    response_text: '',
    response_json: null,
    provider: null,
    model_used: null,
    status: 200,
    response_headers: {},
    response_size_bytes: 0,
    total_tokens: 0,
    is_usage_estimated: false,
    finish_reason: null,
    tool_calls: [],
    content_blocks: 0,
    has_refusal: false,
    is_streaming: false,
    chunk_count: 0,
    streaming_duration_ms: 0,
    chunk_latency_ms: null,
  },
  completed: {
    error: null,
    finish_reason: null,
    total_duration_ms: 0,
    provider_latency_ms: 0,
    proxy_overhead_ms: 0,
    attempts: [],
    dropped: [],
    route: null,
    estimated_cost: null,
  },
}
