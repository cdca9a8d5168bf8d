import { createHash } from 'node:crypto'
import type { SessionEvent, ToolResultRecordedEvent } from 'lunaroute/sessions'
import type { RecordedRequest } from './recorded.ts'

type AttributeValue = string | number | boolean | readonly string[] | null | undefined

const RESOURCE = { attributes: attributes({ 'service.name': 'lunaroute' }) }
const SCOPE = { name: 'lunaroute.sessions' }

/** What stands before the spans in OTLP/JSON: `TracesData`, as a collector's file receiver and /v1/traces take it. */
export function otlpHead(): string {
  return `{"resourceSpans":[{"resource":${JSON.stringify(RESOURCE)},"scopeSpans":[{"scope":${JSON.stringify(SCOPE)},"spans":[`
}

export function otlpTail(): string {
  return ']}]}]}\n'
}

/** A session is a trace; a request is a span of it, with a span below it for each tool whose result came. */
export function otlpSpans({ session, request_id, events }: RecordedRequest): string {
  const traceId = digest(session.session_id, 32)
  const spanId = digest(request_id, 16)
  const spans = [requestSpan(traceId, spanId, events), ...toolSpans(traceId, events)]
  return spans.map(each => JSON.stringify(each)).join(',')
}

function requestSpan(traceId: string, spanId: string, events: readonly SessionEvent[]): object {
  const started = events.find(each => each.type === 'started')
  const streamed = events.find(each => each.type === 'stream_started')
  const response = events.find(each => each.type === 'response_recorded')
  const completed = events.find(each => each.type === 'completed')
  const begin = nanoseconds(started?.timestamp ?? events[0]!.timestamp)
  const end = nanoseconds(completed?.timestamp ?? events.at(-1)!.timestamp)
  const model = started?.model_requested ?? ''
  // Older logs know of nothing else than chats.
  const operation = started && started.operation !== 'generate' ? started.operation.replaceAll('-', '_') : 'chat'
  const first = streamed && String(BigInt(begin) + BigInt(Math.round(streamed.time_to_first_token_ms * 1e6)))
  return {
    traceId,
    spanId,
    name: `${operation} ${model}`.trim(),
    // A client's call to a remote service, in OpenTelemetry's numbers.
    kind: 3,
    startTimeUnixNano: begin,
    endTimeUnixNano: end,
    attributes: attributes({
      'gen_ai.operation.name': operation,
      'gen_ai.provider.name': response?.provider ?? started?.provider,
      'gen_ai.request.model': model,
      'gen_ai.response.model': response?.model_used,
      'gen_ai.response.finish_reasons': response?.finish_reason == null ? undefined : [response.finish_reason],
      'gen_ai.conversation.id': events[0]!.session_id,
      'gen_ai.usage.input_tokens':
        response &&
        response.input_tokens +
          response.cache_read_tokens +
          response.cache_creation_tokens +
          response.audio_input_tokens,
      'gen_ai.usage.output_tokens':
        response &&
        response.output_tokens + response.thinking_tokens + response.reasoning_tokens + response.audio_output_tokens,
      'gen_ai.usage.cache_read.input_tokens': response?.cache_read_tokens,
      'gen_ai.usage.cache_creation.input_tokens': response?.cache_creation_tokens,
      'gen_ai.agent.id': started?.agent_id,
      'http.response.status_code': response?.status,
      'user_agent.original': started?.user_agent,
      'error.type': completed?.success === false ? completed.outcome : undefined,
      'lunaroute.request.id': events[0]!.request_id,
      'lunaroute.cost.usd': completed?.estimated_cost?.total_cost_usd,
      'lunaroute.proxy_overhead_ms': completed?.proxy_overhead_ms,
    }),
    ...(first !== undefined && { events: [{ timeUnixNano: first, name: 'gen_ai.first_token' }] }),
    status: completed?.success === false ? { code: 2, message: completed.error ?? '' } : {},
  }
}

/** A tool's time is known once a later request brings the result; the span hangs below the request that called it. */
function toolSpans(traceId: string, events: readonly SessionEvent[]): object[] {
  return events.flatMap(each => {
    if (each.type !== 'tool_result_recorded' || each.call_request_id === null) return []
    return [toolSpan(traceId, each.call_request_id, each)]
  })
}

function toolSpan(traceId: string, caller: string, result: ToolResultRecordedEvent): object {
  const end = BigInt(nanoseconds(result.timestamp))
  const time = BigInt(Math.round((result.execution_time_ms ?? 0) * 1e6))
  return {
    traceId,
    spanId: digest(`${caller} ${result.tool_call_id}`, 16),
    parentSpanId: digest(caller, 16),
    name: `execute_tool ${result.tool_name}`,
    kind: 1,
    startTimeUnixNano: String(end - time),
    endTimeUnixNano: String(end),
    attributes: attributes({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': result.tool_name,
      'gen_ai.tool.call.id': result.tool_call_id,
      'error.type': result.success === false ? 'tool_error' : undefined,
    }),
    status: result.success === false ? { code: 2 } : {},
  }
}

/** OTLP's list of keys and typed values; 64-bit integers are strings in its JSON. */
function attributes(values: Readonly<Record<string, AttributeValue>>): object[] {
  return Object.entries(values).flatMap(([key, value]) =>
    value === undefined || value === null || value === '' ? [] : [{ key, value: typed(value) }],
  )
}

function typed(value: Exclude<AttributeValue, null | undefined>): object {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number') {
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  }
  return { arrayValue: { values: value.map(each => ({ stringValue: each })) } }
}

function nanoseconds(timestamp: string): string {
  return String(BigInt(Date.parse(timestamp)) * 1_000_000n)
}

/** Ids are the same whenever a session is exported, so that nobody sees it twice. */
function digest(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length)
}
