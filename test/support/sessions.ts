import type { CostRecord, SessionEvent, TokenCounts } from '../../src/sessions/index.ts'

export interface SessionShape {
  readonly id: string
  /** When the first request came. */
  readonly at: Date
  readonly requests?: number
  /** Between requests, in milliseconds. */
  readonly pause?: number
  readonly model?: string
  readonly provider?: string
  readonly userAgent?: string
  readonly caller?: string | null
  readonly tags?: readonly string[]
  /** What the user says, by turn. */
  readonly says?: (turn: number) => string
  readonly answers?: (turn: number) => string
  /** Whether each turn but the last calls a tool, whose result the next one brings. */
  readonly hasTools?: boolean
  /** USD of one request; null where its model has no price. */
  readonly cost?: number | null
  /** The turn that fails. */
  readonly fails?: number
  /** Leaves the last request without its end. */
  readonly isCut?: boolean
}

/** Tokens of every turn, each kind another number, so that sums of the wrong kind are seen. */
export const TOKENS: TokenCounts = {
  input_tokens: 100,
  output_tokens: 50,
  thinking_tokens: 20,
  reasoning_tokens: 3,
  cache_read_tokens: 1000,
  cache_creation_tokens: 200,
  audio_input_tokens: 7,
  audio_output_tokens: 5,
}

export const TOTAL_TOKENS = Object.values(TOKENS).reduce((sum, each) => sum + each, 0)

/** The events of a session of an Anthropic client, as a recorder makes them: its history grows with every request. */
export function sessionEvents(shape: SessionShape): SessionEvent[] {
  const { requests = 3, pause = 10_000 } = shape
  return Array.from({ length: requests }, (_, turn) => turnEvents(shape, turn, pause)).flat()
}

function turnEvents(shape: SessionShape, turn: number, pause: number): SessionEvent[] {
  const { id, model = 'claude-sonnet-4', provider = 'anthropic', requests = 3, hasTools = true } = shape
  const says = shape.says ?? (each => `question ${each} of ${id}`)
  const answers = shape.answers ?? (each => `answer ${each} of ${id}`)
  const request_id = `${id}-r${turn}`
  const start = shape.at.getTime() + turn * pause
  const at = (offset: number) => new Date(start + offset).toISOString()
  const isFailing = shape.fails === turn
  const callsTool = hasTools && !isFailing && turn < requests - 1
  const base = { session_id: id, request_id }
  const events: Record<string, unknown>[] = [
    {
      type: 'started',
      timestamp: at(0),
      dialect: 'anthropic-messages',
      method: 'POST',
      path: '/v1/messages',
      operation: 'generate',
      model_requested: model,
      provider,
      listener: 'default',
      is_streaming: true,
      client_ip: '127.0.0.1',
      user_agent: shape.userAgent ?? 'claude-cli/1.0.83 (external, cli)',
      caller: shape.caller ?? null,
      agent_id: null,
      parent_id: null,
      request_headers: { 'anthropic-version': '2023-06-01' },
      session_tags: shape.tags ?? [],
    },
    {
      type: 'request_recorded',
      timestamp: at(1),
      request_text: says(turn),
      request_json: { model, max_tokens: 1024, stream: true, messages: history(turn, says, answers, hasTools) },
      request_size_bytes: 2048,
      estimated_tokens: 512,
      message_count: 1 + turn * 2,
      new_message_count: turn === 0 ? 1 : 2,
      has_system_prompt: false,
      has_tools: hasTools,
      tool_count: hasTools ? 2 : 0,
    },
  ]
  if (hasTools && turn > 0 && shape.fails !== turn - 1) {
    events.push({
      type: 'tool_result_recorded',
      timestamp: at(1),
      tool_name: toolOf(turn - 1),
      tool_call_id: `toolu_${turn - 1}`,
      call_request_id: `${id}-r${turn - 1}`,
      execution_time_ms: 40 + turn,
      output_size_bytes: 300,
      success: true,
    })
  }
  if (!isFailing) events.push({ type: 'stream_started', timestamp: at(400), time_to_first_token_ms: 400.5 })
  const text = isFailing ? '' : answers(turn)
  const content = [
    { type: 'text', text },
    ...(callsTool
      ? [{ type: 'tool_use', id: `toolu_${turn}`, name: toolOf(turn), input: { path: `src/${turn}.ts` } }]
      : []),
  ]
  events.push({
    type: 'response_recorded',
    timestamp: at(2_000),
    ...(isFailing ? noTokens : TOKENS),
    response_text: text,
    response_json: isFailing
      ? { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
      : { id: `msg_${turn}`, type: 'message', role: 'assistant', model, content, stop_reason: 'end_turn' },
    provider,
    model_used: isFailing ? null : model,
    status: isFailing ? 529 : 200,
    response_headers: { 'content-type': 'text/event-stream' },
    response_size_bytes: 4096,
    total_tokens: isFailing ? 0 : TOTAL_TOKENS,
    is_usage_estimated: false,
    finish_reason: isFailing ? null : callsTool ? 'tool_use' : 'end_turn',
    tool_calls: callsTool ? [{ tool_name: toolOf(turn), tool_call_id: `toolu_${turn}` }] : [],
    content_blocks: content.length,
    has_refusal: false,
    is_streaming: !isFailing,
    chunk_count: 20,
    streaming_duration_ms: 1_600,
    chunk_latency_ms: { avg: 80, p50: 75, p95: 120, p99: 150 },
  })
  if (callsTool) {
    events.push({
      type: 'tool_call_recorded',
      timestamp: at(2_000),
      tool_name: toolOf(turn),
      tool_call_id: `toolu_${turn}`,
      tool_arguments: JSON.stringify({ path: `src/${turn}.ts` }),
      input_size_bytes: 20,
    })
  }
  if (!(shape.isCut && turn === requests - 1)) {
    events.push({
      type: 'completed',
      timestamp: at(2_010),
      success: !isFailing,
      outcome: isFailing ? 'error' : 'ok',
      error: isFailing ? 'Overloaded' : null,
      finish_reason: isFailing ? null : 'end_turn',
      total_duration_ms: 2_010,
      provider_latency_ms: 2_004,
      proxy_overhead_ms: 6,
      attempts: [{ provider, model, status: isFailing ? 529 : 200, failure: null, duration_ms: 2_004 }],
      dropped: [],
      route: null,
      estimated_cost: isFailing || shape.cost === null ? null : priced(provider, model, shape.cost ?? 0.01),
    })
  }
  return events.map((event, sequence) => ({ ...event, ...base, sequence }) as unknown as SessionEvent)
}

function toolOf(turn: number): string {
  return turn % 2 === 0 ? 'Read' : 'Bash'
}

/** The messages of a turn: what was said and answered before, and what is new. */
function history(
  turn: number,
  says: (turn: number) => string,
  answers: (turn: number) => string,
  hasTools: boolean,
): unknown[] {
  const messages: unknown[] = []
  for (let each = 0; each <= turn; each++) {
    const result = { type: 'tool_result', tool_use_id: `toolu_${each - 1}`, content: `content of ${each - 1}` }
    const said = { type: 'text', text: says(each) }
    messages.push({ role: 'user', content: hasTools && each > 0 ? [result, said] : [said] })
    if (each === turn) break
    const call = { type: 'tool_use', id: `toolu_${each}`, name: toolOf(each), input: { path: `src/${each}.ts` } }
    const text = { type: 'text', text: answers(each) }
    messages.push({ role: 'assistant', content: hasTools ? [text, call] : [text] })
  }
  return messages
}

const noTokens = Object.fromEntries(Object.keys(TOKENS).map(name => [name, 0]))

function priced(provider: string, model: string, total: number): CostRecord {
  return {
    provider,
    model,
    input_cost_usd: total / 2,
    output_cost_usd: total / 2,
    cache_read_cost_usd: 0,
    cache_creation_cost_usd: 0,
    total_cost_usd: total,
  }
}
