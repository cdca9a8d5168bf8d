import {
  type Block,
  Fields,
  isObject,
  type JsonObject,
  type ReasoningBlock,
  type ReasoningPart,
  restore,
} from 'lunaroute/neutral'
import { DIALECT } from './name.ts'
import { readState, writeState } from './state.ts'

/** Reads a `reasoning` item. */
export function readReasoningItem(f: Fields): object {
  f.optional('summary')
  const summary = readParts(f, 'summary', 'summary')
  const content = readParts(f, 'content', 'text')
  return {
    type: 'reasoning',
    id: f.string('id'),
    parts: [...summary, ...content],
    state: readState(f.string('encrypted_content')),
  }
}

/** Writes one. `id` is undefined where the item was not made by this provider. */
export function writeReasoningItem({ parts, state, extra }: ReasoningBlock, id: string | undefined): JsonObject {
  const of = (kind: ReasoningPart['kind']) => parts.filter(part => part.kind === kind).map(writeReasoningPart)
  const [summary, content] = [of('summary'), of('text')]
  const written = {
    type: 'reasoning',
    id,
    summary: summary.length === 0 ? undefined : summary,
    content: content.length === 0 ? undefined : content,
    encrypted_content: writeState(state),
  }
  return restore(written, extra, DIALECT, { summary: [] })
}

/** Writes one part of a summary or of the reasoning itself. */
export function writeReasoningPart({ kind, text, extra }: ReasoningPart): JsonObject {
  return restore({ type: kind === 'summary' ? 'summary_text' : 'reasoning_text', text }, extra, DIALECT)
}

/** Reads a `compaction` item, or undefined for one without its content. */
export function readCompaction(f: Fields): object | undefined {
  const state = readState(f.string('encrypted_content'))
  return state && { type: 'compaction', id: f.string('id'), state }
}

/** Writes one, or undefined where there is only a summary in words, which Responses cannot say. */
export function writeCompaction(block: Block, id: string | undefined): JsonObject | undefined {
  if (!block.state) return undefined
  return restore({ type: 'compaction', id, encrypted_content: writeState(block.state) }, block.extra, DIALECT)
}

function readParts(f: Fields, key: string, kind: ReasoningPart['kind']): readonly ReasoningPart[] {
  const list = f.list(key)
  // An empty list of content is kept as it is: there is no part to say it.
  const parts = list?.map(value => readReasoningPart(value, kind))
  if (parts && (parts.length > 0 || key === 'summary') && parts.every(part => part !== undefined)) return parts
  f.leave(key)
  return []
}

function readReasoningPart(value: unknown, kind: ReasoningPart['kind']): ReasoningPart | undefined {
  if (!isObject(value)) return undefined
  const f = new Fields(value)
  const text = f.string('text')
  const isKnown = f.constant('type', kind === 'summary' ? 'summary_text' : 'reasoning_text')
  return isKnown && text !== undefined ? { kind, text, extra: f.extra(DIALECT) } : undefined
}
