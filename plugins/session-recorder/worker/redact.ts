import type { Redactor } from 'lunaroute'
import type { SessionEvent } from 'lunaroute/sessions'

/** Written by the gateway itself or by the operator: nothing in them comes from a client or a provider. */
const OWN = new Set([
  'type',
  'session_id',
  'request_id',
  'timestamp',
  'sequence',
  'dialect',
  'method',
  'operation',
  'listener',
  'provider',
  'caller',
  'outcome',
  'route',
  'chunk_latency_ms',
  'estimated_cost',
  'attempts',
])

/** An event without what the redactor takes out. Every text in it is looked at as a whole. */
export function redacted<E extends SessionEvent>(event: E, redactor: Redactor): E {
  const entries = Object.entries(event).map(([key, value]): [string, unknown] => {
    if (OWN.has(key) || value === null) return [key, value]
    // Texts that are JSON stay JSON.
    if (key === 'tool_arguments') return [key, redactor.json(value)]
    if (typeof value === 'string') return [key, redactor.text(value)]
    return [key, typeof value === 'object' ? redactor.json(value) : value]
  })
  return Object.fromEntries(entries) as unknown as E
}
