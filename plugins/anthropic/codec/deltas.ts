import { isObject, type JsonObject, type NeutralEvent } from 'lunaroute/neutral'
import { readCitation, writeCitation } from './citations.ts'
import { DIALECT } from './name.ts'

interface Place {
  readonly choice: number
  readonly index: number
  readonly frame: number
}

interface Read {
  readonly events: readonly NeutralEvent[]
  /** What was not understood. */
  readonly rest: JsonObject | undefined
}

/** Reads the `delta` of a `content_block_delta`. Undefined for one that is not understood. */
export function readDelta(delta: JsonObject, at: Place, isWhole: boolean): Read | undefined {
  switch (delta.type) {
    case 'text_delta':
      if (typeof delta.text !== 'string') return undefined
      return { events: [{ type: 'textDelta', ...at, text: delta.text }], rest: restOf(delta, 'text') }
    case 'input_json_delta': {
      const text = delta.partial_json
      if (typeof text !== 'string' || (isWhole && text !== '')) return undefined
      return { events: [{ type: 'inputDelta', ...at, text }], rest: restOf(delta, 'partial_json') }
    }
    case 'thinking_delta': {
      const text = delta.thinking
      if (typeof text !== 'string') return undefined
      return {
        events: [{ type: 'reasoningDelta', ...at, part: 0, kind: 'text', text }],
        rest: restOf(delta, 'thinking'),
      }
    }
    case 'signature_delta': {
      const data = delta.signature
      if (typeof data !== 'string') return undefined
      const state = { kind: 'signature', data, issuer: DIALECT } as const
      return { events: [{ type: 'state', ...at, state }], rest: restOf(delta, 'signature') }
    }
    case 'citations_delta':
      if (!isObject(delta.citation)) return undefined
      return {
        events: [{ type: 'citation', ...at, citation: readCitation(delta.citation) }],
        rest: restOf(delta, 'citation'),
      }
    case 'compaction_delta':
      return readCompaction(delta, at)
    default:
      return undefined
  }
}

/** Writes a delta that is one event, or undefined for one that Messages cannot say. */
export function writeDelta(event: NeutralEvent): JsonObject | undefined {
  switch (event.type) {
    case 'textDelta':
      return { type: 'text_delta', text: event.text }
    case 'inputDelta':
      return { type: 'input_json_delta', partial_json: event.text }
    case 'reasoningDelta':
      return { type: 'thinking_delta', thinking: event.text }
    case 'state':
      return { type: 'signature_delta', signature: event.state.data }
    case 'citation': {
      const citation = writeCitation(event.citation)
      return citation === undefined ? undefined : { type: 'citations_delta', citation }
    }
    default:
      return undefined
  }
}

/** Writes the delta of a compaction: its summary, its state or both. */
export function writeCompaction(events: readonly NeutralEvent[]): JsonObject {
  const text = events.find(event => event.type === 'textDelta')
  const state = events.find(event => event.type === 'state')
  return {
    type: 'compaction_delta',
    ...(text?.type === 'textDelta' && { content: text.text }),
    ...(state?.type === 'state' && { encrypted_content: state.state.data }),
  }
}

function readCompaction(delta: JsonObject, at: Place): Read | undefined {
  const { content, encrypted_content: data } = delta
  const events: NeutralEvent[] = []
  if (typeof content === 'string') events.push({ type: 'textDelta', ...at, text: content })
  if (typeof data === 'string') {
    events.push({ type: 'state', ...at, state: { kind: 'encrypted', data, issuer: DIALECT } })
  }
  if (events.length === 0) return undefined
  const kept = restOf(delta, typeof content === 'string' ? 'content' : '')
  const rest = kept && typeof data === 'string' ? restOf({ type: '', ...kept }, 'encrypted_content') : kept
  // Noted so that the writer knows it from a text.
  return { events, rest: { ...rest, type: 'compaction_delta' } }
}

function restOf(delta: JsonObject, taken: string): JsonObject | undefined {
  let rest: Record<string, unknown> | undefined
  for (const key in delta) {
    if (key === 'type' || key === taken) continue
    rest ??= {}
    rest[key] = delta[key]
  }
  return rest
}
