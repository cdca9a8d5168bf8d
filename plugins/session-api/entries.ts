import type { SessionEvent } from 'lunaroute/sessions'

/** One line of a timeline. */
export interface TimelineEntry {
  readonly timestamp: string
  readonly event_type: SessionEvent['type']
  readonly request_id: string
  readonly sequence: number
  /** A sentence for people. */
  readonly description: string
  /** The event's own fields, bodies and texts excepted. */
  readonly metadata: Readonly<Record<string, unknown>>
}

/** Read where they belong: in the raw request. */
const LEFT_OUT = new Set([
  'type',
  'session_id',
  'request_id',
  'timestamp',
  'sequence',
  'request_json',
  'response_json',
  'request_headers',
  'response_headers',
])

const LONGEST_TEXT = 2_000

/** An event as a line of the timeline. */
export function entryOf(event: SessionEvent): TimelineEntry {
  const metadata = Object.entries(event)
    .filter(([name]) => !LEFT_OUT.has(name))
    .map(([name, value]) => [name, typeof value === 'string' ? value.slice(0, LONGEST_TEXT) : value])
  return {
    timestamp: event.timestamp,
    event_type: event.type,
    request_id: event.request_id,
    sequence: event.sequence,
    description: describe(event),
    metadata: Object.fromEntries(metadata) as Record<string, unknown>,
  }
}

function describe(event: SessionEvent): string {
  switch (event.type) {
    case 'started':
      return `${event.method} ${event.path} asks for ${event.model_requested || 'no model'}`
    case 'request_recorded':
      return `${count(event.new_message_count, 'new message')} of ${event.message_count}, ${count(event.request_size_bytes, 'byte')}`
    case 'stream_started':
      return `first token after ${Math.round(event.time_to_first_token_ms)} ms`
    case 'tool_call_recorded':
      return `calls ${event.tool_name}`
    case 'tool_result_recorded': {
      const took = event.execution_time_ms === null ? '' : ` after ${Math.round(event.execution_time_ms)} ms`
      return `${event.tool_name} ${event.success === false ? 'failed' : 'answered'}${took}, ${count(event.output_size_bytes, 'byte')}`
    }
    case 'response_recorded':
      return `status ${event.status} from ${event.provider ?? 'the gateway'}, ${count(event.total_tokens, 'token')}`
    case 'completed':
      return event.success
        ? `done in ${Math.round(event.total_duration_ms)} ms`
        : `${event.outcome} after ${Math.round(event.total_duration_ms)} ms${event.error === null ? '' : `: ${event.error}`}`
  }
}

function count(amount: number, unit: string): string {
  return `${amount.toLocaleString('en-US')} ${unit}${amount === 1 ? '' : 's'}`
}
