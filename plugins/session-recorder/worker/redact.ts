import type { Redactor } from 'lunaroute'
import type { SessionEvent } from 'lunaroute/sessions'
import { bytesOf } from './content.ts'

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
])

/** Characters that no text has. Those that were cut, or are of another encoding, do no harm. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const BINARY = /[\0-\x08\x0e-\x1a\x1c-\x1f]/
const OBJECT = 0x7b
const BODIES = new Set(['request_json', 'response_json'])

/** An event without what the redactor takes out. Every text in it is looked at as a whole. */
export function redacted<E extends SessionEvent>(event: E, redactor: Redactor): E {
  const entries = Object.entries(event).map(([key, value]): [string, unknown] => {
    if (OWN.has(key) || value === null) return [key, value]
    if (BODIES.has(key)) return [key, bodyOf(value, redactor)]
    // Texts that are JSON stay JSON.
    if (key === 'tool_arguments') return [key, redactor.json(value)]
    // Numbers that look like somebody's stay what they are.
    if (key === 'estimated_cost') return [key, withModel(value as ModelNamed, redactor)]
    if (key === 'attempts') return [key, (value as readonly ModelNamed[]).map(each => withModel(each, redactor))]
    if (typeof value === 'string') return [key, redactor.text(value)]
    return [key, typeof value === 'object' ? redactor.json(value) : value]
  })
  return Object.fromEntries(entries) as unknown as E
}

/**
 * A body that is a JSON object on one line, redacted where it stands: numbers that JavaScript cannot hold, and all else that
 * hides nothing, keep their bytes. Undefined where that cannot be had.
 */
export function redactedLine(line: Buffer, redactor: Redactor): Buffer | undefined {
  if (line[0] !== OBJECT) return undefined
  const text = redactor.json(line.toString())
  if (typeof text !== 'string' || /[\r\n]/.test(text)) return undefined
  try {
    JSON.parse(text)
  } catch {
    return undefined
  }
  return Buffer.from(text)
}

/** Bytes that are no text cannot be looked at: only how many they were is told. */
function bodyOf(value: unknown, redactor: Redactor): unknown {
  if (typeof value === 'string') return redactor.text(value)
  const bytes = bytesOf(value)
  if (bytes === undefined) return redactor.json(value)
  const text = bytes.toString()
  return BINARY.test(text) ? { omitted_bytes: bytes.length } : redactor.text(text)
}

interface ModelNamed {
  readonly model: string | null
}

/** Models are what clients ask for: anything. */
function withModel<T extends ModelNamed>(value: T, redactor: Redactor): T {
  return { ...value, model: value.model === null ? null : redactor.text(value.model) }
}
