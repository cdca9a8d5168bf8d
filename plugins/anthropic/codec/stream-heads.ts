import type { Block, Extra, ReasoningBlock } from 'lunaroute/neutral'
import { DIALECT } from './name.ts'

/** A delta that has no place yet. */
export type Piece =
  | { readonly type: 'textDelta'; readonly text: string }
  | { readonly type: 'inputDelta'; readonly text: string }
  | { readonly type: 'reasoningDelta'; readonly part: number; readonly kind: 'text'; readonly text: string }

/** Splits a block into its head and what deltas would have said of it. */
export function readHead(block: Block): readonly [head: Block, pieces: readonly Piece[]] {
  switch (block.type) {
    case 'text':
      return block.text === '' ? [block, []] : [{ ...block, text: '' }, [{ type: 'textDelta', text: block.text }]]
    case 'toolCall':
    case 'serverToolCall': {
      const { input } = block
      return [{ ...block, input: '' }, input === '{}' ? [] : [{ type: 'inputDelta', text: input }]]
    }
    case 'reasoning':
      return readThought(block)
    default:
      return [block, []]
  }
}

/** An empty signature says that the real one will come. */
function readThought(block: ReasoningBlock): readonly [Block, readonly Piece[]] {
  if (block.state?.kind === 'redacted') return [block, []]
  const text = block.parts.map(part => part.text).join('')
  const head = { ...block, parts: [] }
  const pieces: readonly Piece[] = text === '' ? [] : [{ type: 'reasoningDelta', part: 0, kind: 'text', text }]
  if (block.state?.data !== '') return [head, pieces]
  return [{ ...head, state: undefined, extra: withField(block.extra, 'signature', '') }, pieces]
}

/** A remainder with one more field. */
export function withField(extra: Extra | undefined, key: string, value: unknown): Extra {
  const remainder = extra?.[DIALECT]
  return { ...extra, [DIALECT]: { ...remainder, fields: { ...remainder?.fields, [key]: value } } }
}
