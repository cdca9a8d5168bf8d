// What is recorded of a session, event by event. One JSON object each, discriminated by `type`; the names are those of
// LunaRoute's session log. A session is many requests; every event names both.

interface EventBase {
  readonly session_id: string
  /** The exchange's id. */
  readonly request_id: string
  /** RFC 3339, UTC. */
  readonly timestamp: string
  /** Counts the events of a request from 0: with `request_id` the event's identity, for writers that see one twice. */
  readonly sequence: number
}

/** A request has come in. */
export interface StartedEvent extends EventBase {
  readonly type: 'started'
  readonly dialect: string
  readonly method: string
  /** Path and query, without credentials. */
  readonly path: string
  readonly operation: string
  readonly model_requested: string
  /** The first provider of the plan; `response_recorded` has the one that answered. */
  readonly provider: string
  readonly listener: string
  readonly is_streaming: boolean
  readonly client_ip: string
  readonly user_agent: string | null
  /** The client's application key by name, where the gateway knows clients by their keys. */
  readonly caller: string | null
  /** A sub-agent's own id, and the agent or session that started it. */
  readonly agent_id: string | null
  readonly parent_id: string | null
  /** End-to-end headers without credentials. Lower case. */
  readonly request_headers: Readonly<Record<string, string>>
  readonly session_tags: readonly string[]
}

/** The whole request, as the client sent it. */
export interface RequestRecordedEvent extends EventBase {
  readonly type: 'request_recorded'
  /** What the user wrote since the last request of the session. */
  readonly request_text: string
  /** The body as JSON; a string where it is none. */
  readonly request_json: unknown
  readonly request_size_bytes: number
  /** By a rule of thumb. */
  readonly estimated_tokens: number
  readonly message_count: number
  /** How many messages at the end were not in the session's earlier requests. */
  readonly new_message_count: number
  readonly has_system_prompt: boolean
  readonly has_tools: boolean
  readonly tool_count: number
}

/** The first piece of an answer has gone to the client. */
export interface StreamStartedEvent extends EventBase {
  readonly type: 'stream_started'
  readonly time_to_first_token_ms: number
}

/** The model called a tool, in the answer to this request. */
export interface ToolCallRecordedEvent extends EventBase {
  readonly type: 'tool_call_recorded'
  readonly tool_name: string
  readonly tool_call_id: string
  /** JSON text. */
  readonly tool_arguments: string
  readonly input_size_bytes: number
}

/** This request carries the result of a tool that an earlier answer called. */
export interface ToolResultRecordedEvent extends EventBase {
  readonly type: 'tool_result_recorded'
  readonly tool_name: string
  readonly tool_call_id: string
  /** The request whose answer called it; null where it was not recorded. */
  readonly call_request_id: string | null
  /** From the call's arrival at the client to this request. */
  readonly execution_time_ms: number | null
  readonly output_size_bytes: number
  /** Null where the dialect does not say. */
  readonly success: boolean | null
}

/** Tokens of one answer, each kind counted once: they add up to the total. */
export interface TokenCounts {
  /** Neither read from a cache nor written to one. */
  readonly input_tokens: number
  /** Neither thinking nor audio. */
  readonly output_tokens: number
  readonly thinking_tokens: number
  readonly reasoning_tokens: number
  readonly cache_read_tokens: number
  readonly cache_creation_tokens: number
  readonly audio_input_tokens: number
  readonly audio_output_tokens: number
}

/** The answer, as the client got it; what arrived of it where it broke off. */
export interface ResponseRecordedEvent extends EventBase, TokenCounts {
  readonly type: 'response_recorded'
  readonly response_text: string
  /** The body as JSON, or the answer that a stream amounts to, in the client's dialect; null where nothing came. */
  readonly response_json: unknown
  /** The provider that answered; null where none did. */
  readonly provider: string | null
  readonly model_used: string | null
  readonly status: number
  readonly response_headers: Readonly<Record<string, string>>
  readonly response_size_bytes: number
  readonly total_tokens: number
  /** The provider said nothing of tokens: the counts are an estimate. */
  readonly is_usage_estimated: boolean
  readonly finish_reason: string | null
  readonly tool_calls: readonly { readonly tool_name: string; readonly tool_call_id: string }[]
  readonly content_blocks: number
  readonly has_refusal: boolean
  readonly is_streaming: boolean
  /** Pieces in which the answer came, and the milliseconds between them. */
  readonly chunk_count: number
  readonly streaming_duration_ms: number
  readonly chunk_latency_ms: {
    readonly avg: number
    readonly p50: number
    readonly p95: number
    readonly p99: number
  } | null
}

/** The request is over. Always the last of its events. */
export interface CompletedEvent extends EventBase {
  readonly type: 'completed'
  readonly success: boolean
  readonly outcome: 'ok' | 'error' | 'rejected' | 'cancelled'
  /** The gateway's code and sentence, or the provider's message. */
  readonly error: string | null
  readonly finish_reason: string | null
  readonly total_duration_ms: number
  /** Waiting for the provider, from sending the request that was answered to its last byte. */
  readonly provider_latency_ms: number
  /** The rest: the gateway's own work, and attempts that came to nothing. */
  readonly proxy_overhead_ms: number
  readonly attempts: readonly {
    readonly provider: string
    readonly model: string | null
    readonly status: number | null
    /** The status of an error that a stream of another status told of. */
    readonly told_status?: number | undefined
    readonly failure: string | null
    readonly duration_ms: number
  }[]
  /** What the target dialect could not express. */
  readonly dropped: readonly string[]
  readonly route: string | null
  /** USD; null where the model has no known price. */
  readonly estimated_cost: CostRecord | null
}

export interface CostRecord {
  readonly provider: string
  readonly model: string
  readonly input_cost_usd: number
  readonly output_cost_usd: number
  readonly cache_read_cost_usd: number
  readonly cache_creation_cost_usd: number
  readonly total_cost_usd: number
}

export type SessionEvent =
  | StartedEvent
  | RequestRecordedEvent
  | StreamStartedEvent
  | ToolCallRecordedEvent
  | ToolResultRecordedEvent
  | ResponseRecordedEvent
  | CompletedEvent
