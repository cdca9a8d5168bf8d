import {
  type Block,
  type JsonObject,
  type Message,
  type NeutralRequest,
  restore,
  shapeOf,
  type ToolCallBlock,
  type ToolResultBlock,
} from 'lunaroute/neutral'
import { DIALECT } from './name.ts'
import { writeContent, writePart } from './parts.ts'
import { writeResult } from './results.ts'
import { writeTools } from './tools.ts'
import type { WriteContext } from './write-context.ts'
import { writeModelItems } from './write-items.ts'

/** Writes the messages as `instructions` and `input`. */
export function writeInput(request: NeutralRequest, context: WriteContext): JsonObject {
  const [first, ...rest] = request.messages
  const instructions = first && instructionsOf(first)
  const messages = instructions === undefined ? request.messages : rest
  const calls = new Map<string, ToolCallBlock>()
  const items = messages.flatMap(message => {
    for (const block of message.content) if (block.type === 'toolCall') calls.set(block.callId, block)
    return writeMessage(message, calls, context)
  })
  const [only] = items
  const isString = shapeOf(request.extra, DIALECT, 'input') === 'string' && items.length === 1
  const text = isString ? (only as JsonObject).content : undefined
  return { instructions, input: typeof text === 'string' ? text : items.length === 0 ? undefined : items }
}

/** `instructions` is one text without marks; anything richer stays in the conversation, where it can have parts. */
function instructionsOf({ placement, content }: Message): string | undefined {
  const [only] = content
  const isPlain = placement === 'top' && content.length === 1 && only?.type === 'text' && !only.cacheMark
  return isPlain ? only.text : undefined
}

function writeMessage(
  message: Message,
  calls: ReadonlyMap<string, ToolCallBlock>,
  context: WriteContext,
): readonly unknown[] {
  const { role, content, at = 'messages' } = message
  switch (role) {
    case 'native': {
      const [whole] = content
      if (whole?.type === 'native' && whole.dialect === DIALECT) return [whole.value]
      context.diagnostics.dropped(at, 'responses has no counterpart to this message')
      return []
    }
    case 'assistant':
      return writeModelItems(content, context)
    case 'tool':
      return content
        .filter((block): block is ToolResultBlock => block.type === 'toolResult')
        .map(result => writeResult(result, callOf(calls.get(result.callId)), context))
    default:
      return writeSpeaker(message, context)
  }
}

/** A message of anyone but the model. Tools that it brings are items of their own. */
function writeSpeaker(message: Message, context: WriteContext): readonly unknown[] {
  const { role, content, extra } = message
  const { isOwn, diagnostics, profile } = context
  const additions = content.filter(block => block.type === 'toolAddition').map(block => writeAddition(block, context))
  const words = content.filter(block => block.type !== 'toolAddition')
  if (words.length === 0 && (additions.length > 0 || !isOwn)) return additions
  const parts = words.flatMap(block => {
    const written = writePart(block, 'input', isOwn)
    if (!written) diagnostics.dropped(block.at ?? 'messages', `responses has no part for this ${block.type}`)
    return written ? [written.part] : []
  })
  if (parts.length === 0 && !isOwn) return additions
  const speaker = role === 'developer' && profile.hasDeveloperRole === false ? 'system' : role
  const written = { role: speaker, content: writeContent(parts, shapeOf(extra, DIALECT, 'content')) }
  return [restore(written, extra, DIALECT, { type: 'message' }), ...additions]
}

function writeAddition(block: Block, context: WriteContext): unknown {
  const tools = block.type === 'toolAddition' ? writeTools(block.tools, context) : []
  const written = { type: 'additional_tools', id: context.isOwn ? block.id : undefined, tools }
  return restore(written, block.extra, DIALECT, { role: 'developer' })
}

function callOf(call: ToolCallBlock | undefined): Partial<ToolResultBlock> {
  return { inputType: call?.inputType, provider: call?.provider }
}
