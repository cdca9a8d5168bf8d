import {
  type AudioBlock,
  type Block,
  type JsonObject,
  type Message,
  type NeutralRequest,
  type RefusalBlock,
  type RequestContext,
  restore,
  shapeOf,
  type ToolResultBlock,
} from 'lunaroute/neutral'
import { writeAnnotations } from './annotations.ts'
import { writeCalls } from './calls.ts'
import { DIALECT } from './name.ts'
import { writeCacheMark, writeContent, writePart } from './parts.ts'
import { visibleText, writeDetail, writeReasoning } from './reasoning.ts'

/** What the writers of messages hand down. `isOwn`: the messages were read from Chat, and go back as they were. */
export type Context = Pick<RequestContext, 'diagnostics' | 'profile'> & { readonly isOwn: boolean }
type PartContext = Omit<Context, 'profile'>

/** Writes `messages`. */
export function writeMessages(request: NeutralRequest, { diagnostics, profile }: RequestContext): unknown[] {
  const context = { diagnostics, profile, isOwn: request.dialect === DIALECT }
  return request.messages.flatMap(message => writeMessage(message, context))
}

/** Writes an assistant's blocks as the fields of its message. `reasoning` holds the reasoning fields. */
export function writeAssistant(
  blocks: readonly Block[],
  extra: Message['extra'],
  reasoning: JsonObject,
  context: PartContext,
): JsonObject {
  const parts = blocks.filter(block => STANDS_BESIDE.every(test => !test(block)))
  const refusals = blocks.filter(isRefusal)
  const audio = blocks.find(block => block.type === 'audio')
  const annotations = writeAnnotations(parts)
  return {
    content: writeContent(
      writeParts(context.isOwn ? parts : joinTexts(parts), context),
      shapeOf(extra, DIALECT, 'content'),
    ),
    annotations: context.isOwn || annotations?.length ? annotations : undefined,
    refusal: refusals.length === 0 ? undefined : refusals.map(block => block.text).join(''),
    audio: audio?.type === 'audio' ? writeAudio(audio) : undefined,
    ...writeCalls(blocks, context.isOwn),
    ...reasoning,
  }
}

/** The reasoning fields of a message that Chat itself said. */
export function ownReasoning(blocks: readonly Block[], extra: Message['extra']): JsonObject {
  const shapes = extra?.[DIALECT]?.shapes ?? {}
  return writeReasoning(
    blocks,
    Object.keys(shapes).filter(key => shapes[key] === 'copy'),
  )
}

function isIn(block: Block, ...fields: readonly string[]): boolean {
  const field = shapeOf(block.extra, DIALECT, 'in')
  return field !== undefined && fields.includes(field)
}

const isRefusal = (block: Block): block is RefusalBlock => block.type === 'refusal' && !isIn(block, 'content')

const STANDS_BESIDE: readonly ((block: Block) => boolean)[] = [
  isRefusal,
  block => block.type === 'audio' || block.type === 'toolCall',
  block => block.type === 'reasoning' && !isIn(block, 'content'),
  block => block.type === 'native' && isIn(block, 'tool_calls', 'reasoning_details'),
]

function writeMessage(message: Message, context: Context): unknown[] {
  const { role, content, name, extra } = message
  const { isOwn } = context
  const [whole] = content
  if (role === 'native')
    return whole?.type === 'native' && whole.dialect === DIALECT ? [whole.value] : drop(message, context)
  if (role === 'tool') return writeResults(content, context)
  if (role === 'assistant') {
    const reasoning = isOwn ? ownReasoning(content, extra) : foreignReasoning(content, message, context)
    return [
      restore({ role, ...writeAssistant(content, extra, reasoning, context), name }, extra, DIALECT, { content: null }),
    ]
  }
  const written = writeContent(writeParts(content, context), shapeOf(extra, DIALECT, 'content'))
  if (written === undefined && !isOwn) return []
  const speaker = role === 'developer' && context.profile.hasDeveloperRole === false ? 'system' : role
  return [restore({ role: speaker, content: written, name }, extra, DIALECT)]
}

function writeParts(blocks: readonly Block[], { diagnostics, isOwn }: PartContext): JsonObject[] {
  return blocks.flatMap(block => {
    const part = writePart(block, isOwn)
    if (part === undefined) diagnostics.dropped(block.at ?? 'messages', `chat has no part for this ${block.type}`)
    return part === undefined ? [] : [part]
  })
}

/** An assistant says one text: clients and many servers read nothing else. */
function joinTexts(blocks: readonly Block[]): readonly Block[] {
  const texts = blocks.filter(block => block.type === 'text')
  const [first] = texts
  if (!first || texts.length === 1) return blocks
  const cacheMark = texts.findLast(block => block.cacheMark)?.cacheMark
  const joined: Block = { type: 'text', text: texts.map(block => block.text).join(''), cacheMark, at: first.at }
  return [joined, ...blocks.filter(block => block.type !== 'text')]
}

/** Chat's results hold text; pictures and files follow in a message of the user that says where they belong. */
function writeResults(blocks: readonly Block[], context: Context): unknown[] {
  const results = blocks.filter(block => block.type === 'toolResult')
  if (context.isOwn) return results.map(result => writeResult(result, result.content, context))
  const after = results.flatMap(({ callId, content }) => {
    const media = content.filter(block => !isWords(block))
    return media.length === 0 ? [] : [{ type: 'text', text: `Part of the result of ${callId}:` } as const, ...media]
  })
  const written = results.map(result => writeResult(result, result.content.filter(isWords), context))
  return after.length === 0 ? written : [...written, { role: 'user', content: writeParts(after, context) }]
}

function writeResult(result: ToolResultBlock, content: readonly Block[], context: Context): JsonObject {
  const { callId, name, extra, isError } = result
  const parts = writeParts(content.map(asText), context)
  const isLegacy = shapeOf(extra, DIALECT, 'role') === 'function'
  const head = isLegacy ? { role: 'function' } : { role: 'tool', tool_call_id: callId }
  const marked = isError ? [{ type: 'text', text: 'Error:' }, ...parts] : parts
  const last = marked.at(-1)
  const mark = writeCacheMark(result.cacheMark)
  if (mark && last) marked[marked.length - 1] = { ...last, ...mark }
  const words = writeContent(marked, shapeOf(extra, DIALECT, 'content'))
  const written = words === undefined && !context.isOwn ? '' : words
  return restore({ ...head, name: context.isOwn ? name : undefined, content: written }, extra, DIALECT)
}

function isWords(block: Block): boolean {
  return (
    block.type === 'text' ||
    block.type === 'toolReference' ||
    (block.type === 'document' && block.source.type === 'text')
  )
}

function asText(block: Block): Block {
  return block.type === 'toolReference' ? { type: 'text', text: block.name } : block
}

/**
 * Reasoning of another dialect goes along only where the model's profile wants it back. State that a Chat server made
 * goes back to it in any case: it was the one to begin with it.
 */
function foreignReasoning(blocks: readonly Block[], message: Message, { profile, diagnostics }: Context): JsonObject {
  const reasoning = blocks.filter(block => block.type === 'reasoning')
  if (reasoning.length === 0) return {}
  const { echo = 'never', field = 'reasoning_content' } = profile.reasoning || {}
  if (echo === 'never') {
    const own = reasoning.filter(({ state }) => state?.issuer === DIALECT)
    for (const lost of reasoning.filter(block => !own.includes(block))) {
      diagnostics.dropped(lost.at ?? message.at ?? 'messages', 'chat has no place for reasoning')
    }
    return own.length > 0 ? { reasoning_details: own.flatMap(writeDetail) } : {}
  }
  return { [field]: field === 'reasoning_details' ? reasoning.flatMap(writeDetail) : visibleText(reasoning) }
}

function writeAudio({ id, source, transcript, expiresAt, extra }: AudioBlock): JsonObject {
  const data = source?.type === 'base64' ? source.data : undefined
  return restore({ id, data, transcript, expires_at: expiresAt }, extra, DIALECT)
}

function drop(message: Message, { diagnostics }: Context): unknown[] {
  diagnostics.dropped(message.at ?? 'messages', 'chat has no counterpart to this message')
  return []
}
