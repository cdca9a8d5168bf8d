import { Type } from 'lunaroute'

const closed = { additionalProperties: false } as const
const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()])
const count = Type.Integer({ minimum: 0 })
const milliseconds = Type.Number({ minimum: 0 })
const money = nullable(Type.Number({ minimum: 0, description: 'USD; null where no request had a price.' }))
const time = Type.String({ format: 'date-time' })
const text = Type.String()

const tokens = {
  input_tokens: count,
  output_tokens: count,
  thinking_tokens: count,
  reasoning_tokens: count,
  cache_read_tokens: count,
  cache_creation_tokens: count,
  audio_input_tokens: count,
  audio_output_tokens: count,
  total_tokens: count,
}

const SessionSummary = Type.Object(
  {
    session_id: text,
    started_at: time,
    completed_at: nullable(time),
    provider: text,
    model_requested: text,
    model_used: nullable(text),
    success: nullable(Type.Boolean({ description: 'False once one of its requests has failed.' })),
    error_message: nullable(text),
    request_count: count,
    failed_requests: count,
    ...tokens,
    total_duration_ms: milliseconds,
    provider_latency_ms: milliseconds,
    proxy_overhead_ms: milliseconds,
    tool_call_count: count,
    user_agent: nullable(text),
    caller: nullable(text),
    session_tags: Type.Array(text),
    agent_id: nullable(text),
    parent_id: nullable(text),
    is_streaming: Type.Boolean(),
    total_cost_usd: money,
    unpriced_requests: count,
  },
  closed,
)

const eventType = Type.Union(
  [
    'started',
    'request_recorded',
    'stream_started',
    'tool_call_recorded',
    'tool_result_recorded',
    'response_recorded',
    'completed',
  ].map(name => Type.Literal(name)),
)

const next = nullable(Type.String({ description: 'The `cursor` of the next page; null at the end.' }))

const SessionEvent = Type.Object(
  { type: eventType, session_id: text, request_id: text, timestamp: time, sequence: count },
  { description: 'An event as it was recorded; further fields depend on its type. Large bodies are null.' },
)

const Block = Type.Object(
  { type: text },
  { description: 'A block of the neutral form: text, reasoning, toolCall, ...' },
)
const Message = Type.Object({ role: text, content: Type.Array(Block) })

const sums = {
  request_count: count,
  failed_requests: count,
  input_tokens: count,
  output_tokens: count,
  thinking_tokens: count,
  cache_read_tokens: count,
  cache_creation_tokens: count,
  total_tokens: count,
  tool_call_count: count,
  tools: Type.Array(Type.Object({ tool_name: text, call_count: count, avg_time_ms: nullable(milliseconds) }, closed)),
  total_duration_ms: milliseconds,
  provider_latency_ms: milliseconds,
  proxy_overhead_ms: milliseconds,
  total_cost_usd: money,
  unpriced_requests: count,
}

const rate = nullable(Type.Number({ minimum: 0, maximum: 1 }))
const maybe = nullable(milliseconds)
const priced = { total_cost: money, unpriced_requests: count }

/** What the pages answer, by name. A test checks every answer against them. */
export const SCHEMAS = {
  SessionSummary,
  SessionPage: Type.Object({ sessions: Type.Array(SessionSummary), next }, closed),
  Timeline: Type.Object(
    {
      session_id: text,
      events: Type.Array(
        Type.Object(
          {
            timestamp: time,
            event_type: eventType,
            request_id: text,
            sequence: count,
            description: text,
            metadata: Type.Record(text, Type.Unknown()),
          },
          closed,
        ),
      ),
      total: count,
      next,
    },
    closed,
  ),
  RawRequest: Type.Object(
    {
      session_id: text,
      request_id: text,
      request: Type.Unknown({ description: 'The body as the client sent it.' }),
      response: Type.Unknown({ description: 'The body, or the answer that a stream amounts to.' }),
      request_headers: nullable(Type.Record(text, text)),
      response_headers: nullable(Type.Record(text, text)),
      status: nullable(Type.Integer()),
      events: Type.Array(SessionEvent),
    },
    closed,
  ),
  SessionTools: Type.Object(
    {
      session_id: text,
      total_tool_calls: count,
      tool_usage_percentage: Type.Number({ minimum: 0, maximum: 100 }),
      by_tool: Type.Array(
        Type.Object(
          {
            tool_name: text,
            call_count: count,
            percentage: Type.Number({ minimum: 0, maximum: 100 }),
            avg_time_ms: maybe,
            min_time_ms: maybe,
            max_time_ms: maybe,
            success_count: count,
            failure_count: count,
          },
          closed,
        ),
      ),
    },
    closed,
  ),
  Conversation: Type.Object(
    {
      session_id: text,
      turns: Type.Array(
        Type.Object(
          {
            request_id: text,
            timestamp: time,
            agent_id: nullable(text),
            model: text,
            added: nullable(Type.Array(Message)),
            answer: nullable(Type.Object({ content: Type.Array(Block) })),
            error: nullable(text),
          },
          closed,
        ),
      ),
      total: count,
      next,
    },
    closed,
  ),
  Overview: Type.Object(
    {
      total_sessions: count,
      total_requests: count,
      running_requests: count,
      failed_requests: count,
      ...tokens,
      tool_calls: count,
      avg_duration_ms: maybe,
      avg_provider_latency_ms: maybe,
      avg_proxy_overhead_ms: maybe,
      avg_time_to_first_token_ms: maybe,
      success_rate: rate,
      ...priced,
    },
    closed,
  ),
  TokensByDay: Type.Array(
    Type.Object({ date: Type.String({ format: 'date' }), request_count: count, ...tokens, ...priced }, closed),
  ),
  ToolStatistics: Type.Array(
    Type.Object(
      {
        tool_name: text,
        call_count: count,
        avg_time_ms: maybe,
        min_time_ms: maybe,
        max_time_ms: maybe,
        success_count: count,
        failure_count: count,
        success_rate: rate,
      },
      closed,
    ),
  ),
  Models: Type.Array(
    Type.Object(
      {
        model_name: text,
        request_count: count,
        percentage: Type.Number({ minimum: 0, maximum: 100 }),
        total_tokens: count,
        avg_duration_ms: maybe,
        success_rate: rate,
        ...priced,
      },
      closed,
    ),
  ),
  UserAgents: Type.Array(
    Type.Object({ user_agent: nullable(text), session_count: count, request_count: count }, closed),
  ),
  Providers: Type.Array(
    Type.Object({ provider: nullable(text), request_count: count, success_rate: rate, ...priced }, closed),
  ),
  Hours: Type.Array(
    Type.Object(
      { hour: Type.Integer({ minimum: 0, maximum: 23 }), session_count: count, request_count: count },
      { ...closed, description: 'UTC.' },
    ),
    { minItems: 24, maxItems: 24 },
  ),
  Costs: Type.Object(
    {
      today: money,
      this_week: money,
      this_month: money,
      total: money,
      projection_monthly: money,
      unpriced_requests: count,
    },
    { ...closed, description: 'Days, weeks (from Monday) and months are of UTC.' },
  ),
  Spending: Type.Object(
    {
      total_cost: money,
      avg_cost_per_session: money,
      unpriced_requests: count,
      by_model: Type.Array(
        Type.Object(
          { model_name: text, session_count: count, request_count: count, avg_cost_per_session: money, ...priced },
          closed,
        ),
      ),
    },
    closed,
  ),
  SessionStatistics: Type.Object(
    {
      sessions: Type.Array(Type.Object({ session_id: text, started_at: time, ...sums }, closed)),
      total: Type.Object(sums, closed),
      session_count: count,
    },
    closed,
  ),
  Error: Type.Object(
    { error: Type.Object({ message: text }, { description: "The error in the envelope of the client's dialect." }) },
    { description: 'Why the page was refused, in a sentence.' },
  ),
}
