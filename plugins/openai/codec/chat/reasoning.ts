import {
  type Block,
  Fields,
  isObject,
  type JsonObject,
  type OpaqueState,
  type ReasoningBlock,
  restore,
  shapeOf,
} from 'lunaroute/neutral'
import { DIALECT, standsIn } from './name.ts'

/** Whose state a `reasoning_details` entry holds, by its `format`. Others are their own issuer. */
const ISSUERS: Readonly<Record<string, string>> = {
  'anthropic-claude-v1': 'anthropic-messages',
  'openai-responses-v1': 'openai-responses',
  'google-gemini-v1': 'gemini',
}

/** The fields in which Chat servers show their reasoning as one text. */
const TEXT_FIELDS = ['reasoning_content', 'reasoning'] as const

/**
 * Reads the reasoning of an assistant's message: `reasoning_details` (OpenRouter; it can hold foreign signatures) or a
 * text field. A text field that only repeats what was read elsewhere is noted as a copy.
 */
export function readReasoning(f: Fields, at: string): Block[] {
  const details = f.list('reasoning_details')
  if (details?.length === 0) f.leave('reasoning_details')
  const blocks = (details ?? []).map((value, i) => readDetail(value, `${at}.reasoning_details[${i}]`))
  for (const key of TEXT_FIELDS) {
    const text = f.peek(key)
    if (typeof text !== 'string') continue
    if (blocks.length === 0) {
      f.string(key)
      blocks.push({ type: 'reasoning', parts: [{ kind: 'text', text }], at: `${at}.${key}`, extra: standsIn(key) })
    } else if (text === visibleText(blocks)) {
      f.string(key)
      f.shape(key, 'copy')
    }
  }
  return blocks
}

/** Writes the blocks that were read by `readReasoning`, each into the field it stood in. */
export function writeReasoning(blocks: readonly Block[], copies: readonly string[]): JsonObject {
  const written: Record<string, unknown> = {}
  const details = blocks.filter(block => shapeOf(block.extra, DIALECT, 'in') === 'reasoning_details')
  if (details.length > 0) written.reasoning_details = details.flatMap(writeDetail)
  for (const key of TEXT_FIELDS) {
    const own = blocks.filter(block => shapeOf(block.extra, DIALECT, 'in') === key)
    const source = own.length > 0 ? own : copies.includes(key) ? blocks : []
    if (source.length > 0) written[key] = visibleText(source)
  }
  return written
}

/** What a reader of the reasoning sees. */
export function visibleText(blocks: readonly Block[]): string {
  return blocks.flatMap(block => (block.type === 'reasoning' ? block.parts.map(part => part.text) : [])).join('')
}

/** The entries of `reasoning_details` that say one block; the state stands on the last. */
export function writeDetail(block: Block): readonly unknown[] {
  if (block.type === 'native') return [block.value]
  if (block.type !== 'reasoning') return []
  const { state, id } = block
  const format = state && formatOf(state)
  const parts = block.parts.map(({ kind, text }) =>
    kind === 'summary' ? { type: 'reasoning.summary', summary: text, id } : { type: 'reasoning.text', text, id },
  )
  const last = parts.pop()
  const entries: JsonObject[] = [...parts]
  if (last) entries.push(state?.kind === 'signature' ? { ...last, signature: state.data, format } : last)
  if (state && (state.kind !== 'signature' || !last)) {
    entries.push({ type: 'reasoning.encrypted', data: state.data, format, id })
  }
  const [only] = entries
  return entries.length === 1 ? [restore(only!, block.extra, DIALECT)] : entries
}

function readDetail(value: unknown, at: string): Block {
  const native: Block = { type: 'native', dialect: DIALECT, value, at, extra: standsIn('reasoning_details') }
  if (!isObject(value)) return native
  const f = new Fields(value)
  f.shape('in', 'reasoning_details')
  const block = readPlainDetail(f)
  return block ? { ...block, id: f.string('id'), at, extra: f.extra(DIALECT) } : native
}

function readPlainDetail(f: Fields): ReasoningBlock | undefined {
  if (f.constant('type', 'reasoning.text')) {
    const [text, signature] = [f.string('text'), f.string('signature')]
    if (text === undefined) return undefined
    return { type: 'reasoning', parts: [{ kind: 'text', text }], state: readState('signature', signature, f) }
  }
  if (f.constant('type', 'reasoning.summary')) {
    const text = f.string('summary')
    return text === undefined ? undefined : { type: 'reasoning', parts: [{ kind: 'summary', text }] }
  }
  const data = f.constant('type', 'reasoning.encrypted') ? f.string('data') : undefined
  return data === undefined ? undefined : { type: 'reasoning', parts: [], state: readState('encrypted', data, f) }
}

function readState(kind: OpaqueState['kind'], data: string | undefined, f: Fields): OpaqueState | undefined {
  if (data === undefined) return undefined
  return { kind, data, issuer: issuerOf(f.string('format')) }
}

/** Whose state an entry of `reasoning_details` holds. */
export function issuerOf(format: string | undefined): string {
  return format === undefined ? DIALECT : (ISSUERS[format] ?? format)
}

function formatOf({ issuer }: OpaqueState): string | undefined {
  if (issuer === DIALECT) return undefined
  return Object.keys(ISSUERS).find(format => ISSUERS[format] === issuer) ?? issuer
}
