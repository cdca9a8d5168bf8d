import { type Block, isObject, type JsonObject, shapeOf } from 'lunaroute/neutral'
import { writeCall } from './calls.ts'
import { writeHosted } from './hosted.ts'
import { DIALECT, itemOf } from './name.ts'
import { type WrittenPart, writePart } from './parts.ts'
import { writeCompaction, writeReasoningItem } from './reasoning.ts'
import type { WriteContext } from './write-context.ts'

/** Writes a turn of the model as items. Texts that follow each other are parts of one message. */
export function writeModelItems(given: readonly Block[], context: WriteContext): unknown[] {
  // Some servers say an empty refusal with every answer.
  const blocks = context.isOwn ? given : given.filter(block => block.type !== 'refusal' || block.text !== '')
  const items: unknown[] = []
  for (let i = 0; i < blocks.length; ) {
    const length = runLength(blocks, i)
    const written = writeRun(blocks.slice(i, i + length), context)
    if (written === undefined) {
      for (const { at, type } of blocks.slice(i, i + length)) {
        context.diagnostics.dropped(at ?? 'messages', `responses has no counterpart to this ${type}`)
      }
    } else items.push(written)
    i += length
  }
  return items
}

/** How many blocks from `start` make one item. */
function runLength(blocks: readonly Block[], start: number): number {
  const first = blocks[start]!
  let end = start + 1
  if (first.type === 'serverToolCall') {
    const next = blocks[end]
    return next?.type === 'serverToolResult' && next.callId === first.callId ? 2 : 1
  }
  if (!isPart(first)) return 1
  while (end < blocks.length && isPart(blocks[end]!) && itemOf(blocks[end]!.extra) !== 'new') end++
  return end - start
}

/** Whether a block is a part of a message item rather than an item by itself. */
export function isPart(block: Block): boolean {
  if (block.type === 'native') return shapeOf(block.extra, DIALECT, 'in') === 'content'
  return block.type === 'text' || block.type === 'refusal' || itemOf(block.extra) !== undefined
}

function writeRun(blocks: readonly Block[], context: WriteContext): unknown {
  const [first, second] = blocks
  if (isPart(first!)) return writeMessageItem(blocks, context)
  const { isOwn } = context
  switch (first!.type) {
    case 'native':
      return first.dialect === DIALECT ? first.value : undefined
    case 'reasoning':
      // Reasoning that this provider did not make and cannot read is of no use to it.
      if (!context.id && !isOwn && !first.state) return undefined
      return writeReasoningItem(first, idOf(first, 'rs_', context))
    case 'compaction':
      return writeCompaction(first, idOf(first, 'cmp_', context))
    case 'toolCall': {
      const prefix = first.inputType === 'text' ? 'ctc_' : 'fc_'
      return writeCall(first, idOf(first, prefix, context), context)
    }
    case 'serverToolCall':
      return writeHosted(first, second?.type === 'serverToolResult' ? second : undefined, context)
    case 'image': {
      // An answer shows a picture as what a tool of the provider has made.
      if (!context.id || first.source.type !== 'base64') return undefined
      return { type: 'image_generation_call', id: context.id('ig_'), status: 'completed', result: first.source.data }
    }
    default:
      return undefined
  }
}

/** Writes a run of parts as one message item of the model. */
function writeMessageItem(blocks: readonly Block[], context: WriteContext): unknown {
  const [first] = blocks
  const { isOwn, diagnostics } = context
  const id = idOf(first!, 'msg_', context)
  const head: JsonObject = { id }
  const written = blocks.flatMap((block, i): WrittenPart[] => {
    const part = writePart(block, 'output', isOwn, i === 0 ? head : undefined)
    if (!part) diagnostics.dropped(block.at ?? 'messages', `responses has no part for this ${block.type} of the model`)
    return part ? [part] : []
  })
  if (written.length === 0) return undefined
  const item = written.find(part => part.item)?.item ?? { type: 'message', role: 'assistant', id }
  const [only] = written
  const isString =
    shapeOf(first!.extra, DIALECT, 'content') === 'string' && written.length === 1 && isObject(only!.part)
  const text = isString && first!.type === 'text' && !first!.citations ? first!.text : undefined
  return { ...item, content: text ?? written.map(({ part }) => part) }
}

/** Items of an answer need an id; a foreign history's items have none that this provider knows. */
function idOf({ id }: Block, prefix: string, context: WriteContext): string | undefined {
  if (context.isOwn) return id
  return context.id?.(prefix)
}
