import {
  type Block,
  type CacheMark,
  type Diagnostics,
  isObject,
  type JsonObject,
  type ReasoningBlock,
  restore,
  type ServerToolCallBlock,
  shapeOf,
  type ToolCallBlock,
  type ToolResultBlock,
} from 'lunaroute/neutral'
import { writeCitation } from './citations.ts'
import { writeMedia } from './media.ts'
import { DIALECT } from './name.ts'
import { adopted, isKnown, writeServerCall, writeServerResult } from './server-tools.ts'

/** Where the blocks go: back to the API, which checks them, or to a client, which shows them. */
export type Destination = 'provider' | 'client'

/** Writes blocks of one message; reports what Messages cannot say. */
export class BlockWriter {
  readonly #diagnostics: Diagnostics
  /** Whether the blocks were read from Messages, and so go back as they were. */
  readonly #isOwn: boolean
  readonly #destination: Destination

  constructor(diagnostics: Diagnostics, isOwn: boolean, destination: Destination) {
    this.#diagnostics = diagnostics
    this.#isOwn = isOwn
    this.#destination = destination
  }

  /** A list of blocks. Empty texts, which Messages refuses, are left out unless they came from Messages. */
  blocks(blocks: readonly Block[]): JsonObject[] {
    const kept = this.#isOwn ? blocks : blocks.filter(block => !this.#isRefused(block))
    return kept.map(this.block).filter(block => block !== undefined) as JsonObject[]
  }

  /** The API refuses texts without words; a client may be given blanks. */
  #isRefused(block: Block): boolean {
    if (block.type !== 'text' && block.type !== 'refusal') return false
    if (block.text === '' || this.#destination === 'client') return block.text === ''
    const isBlank = block.text.trim() === ''
    if (isBlank) this.#diagnostics.changed(block.at ?? 'messages', 'messages takes no text without words')
    return isBlank
  }

  /** Content in the shape it had: a string stays a string as long as one plain text is all there is. */
  content(blocks: readonly Block[], shape: string | undefined): JsonObject[] | string {
    const [only] = blocks
    const isPlain = only?.type === 'text' && !only.cacheMark && !only.citations && !only.extra
    return shape === 'string' && blocks.length === 1 && isPlain ? only.text : this.blocks(blocks)
  }

  /** One block, or undefined when it had to be left out. */
  readonly block = (block: Block): unknown => {
    if (block.type === 'native') {
      if (block.dialect === DIALECT) return block.value
      return this.#drop(block, `messages has no counterpart to this part of ${block.dialect}`)
    }
    const written = this.#plain(block)
    if (written === undefined) return undefined
    const mark = block.cacheMark && { cache_control: writeCacheMark(block.cacheMark, this.#isOwn) }
    const defaults = block.type === 'toolResult' ? { content: [] } : undefined
    return restore(mark ? { ...written, ...mark } : written, block.extra, DIALECT, defaults)
  }

  #plain(block: Exclude<Block, { type: 'native' }>): JsonObject | undefined {
    switch (block.type) {
      case 'text': {
        const citations = block.citations?.map(writeCitation).filter(citation => citation !== undefined)
        const isAsked = this.#isOwn || this.#destination === 'client' || (citations?.length ?? 0) > 0
        return { type: 'text', text: block.text, citations: isAsked ? citations : undefined }
      }
      case 'refusal':
        return { type: 'text', text: block.text }
      case 'image':
      case 'document':
        if (this.#destination === 'client' && !this.#isOwn)
          return this.#drop(block, `no answer of messages holds a ${block.type}`)
        if (!this.#isOwn && block.type === 'image' && block.detail !== undefined && block.detail !== 'auto') {
          this.#diagnostics.dropped(`${block.at ?? 'messages'}.detail`, 'messages has no detail of images')
        }
        return writeMedia(block, this.block)
      case 'reasoning':
        return this.#reasoning(block)
      case 'toolCall':
        return { type: 'tool_use', id: block.callId, name: block.name, input: this.#input(block) }
      case 'toolResult':
        if (this.#destination === 'client' && !this.#isOwn)
          return this.#drop(block, 'no answer of messages holds a result')
        return this.#toolResult(block)
      case 'serverToolCall':
        return this.#serverCall(block)
      case 'serverToolResult':
        if (!this.#isOwn && !isKnown(block)) return this.#drop(block, 'messages has no such tool')
        return (
          writeServerResult(this.#isOwn ? block : adopted(block), this.block) ??
          this.#drop(block, 'messages has no such tool result')
        )
      case 'toolReference':
        return { type: 'tool_reference', tool_name: block.name }
      case 'toolAddition':
        return this.#toolAddition(block)
      case 'compaction':
        return {
          type: 'compaction',
          content: block.text ?? (this.#isOwn ? undefined : null),
          encrypted_content: block.state?.data,
        }
      default:
        return this.#drop(block, `messages takes no ${block.type}`)
    }
  }

  #serverCall(block: ServerToolCallBlock): JsonObject | undefined {
    if (this.#isOwn) return writeServerCall(block, this.#input(block))
    if (isKnown(block)) return writeServerCall(adopted(block), this.#input(block))
    return this.#drop(block, 'messages has no such tool')
  }

  #reasoning(block: ReasoningBlock): JsonObject | undefined {
    const { state, parts } = block
    if (this.#destination === 'provider' && !this.#isOwn && state?.issuer !== DIALECT)
      return this.#drop(block, 'messages takes no reasoning without its signature')
    if (state?.kind === 'redacted') return { type: 'redacted_thinking', data: state.data }
    return {
      type: 'thinking',
      thinking: parts.map(part => part.text).join('\n\n'),
      signature: state?.data ?? (this.#isOwn ? undefined : ''),
    }
  }

  #toolResult(block: ToolResultBlock): JsonObject {
    const isEmpty = block.content.length === 0
    const content = isEmpty ? undefined : this.content(block.content, shapeOf(block.extra, DIALECT, 'content'))
    return { type: 'tool_result', tool_use_id: block.callId, content, is_error: block.isError }
  }

  #toolAddition(block: Block & { type: 'toolAddition' }): JsonObject | undefined {
    const [tool] = block.tools
    if (block.tools.length !== 1 || tool?.type !== 'reference') {
      return this.#drop(block, 'messages adds tools by name only')
    }
    return { type: 'tool_addition', tool: restore({ type: 'tool_reference', name: tool.name }, tool.extra, DIALECT) }
  }

  /** Arguments as a value. Text of a custom tool becomes its one argument, as its lowered declaration says. */
  #input(block: Pick<ToolCallBlock, 'input' | 'at'> & { readonly inputType?: string | undefined }): unknown {
    if (block.inputType === 'text') return { input: block.input }
    if (block.input === '') return {}
    try {
      const value: unknown = JSON.parse(block.input)
      if (this.#isOwn || isObject(value)) return value
    } catch {
      // Reported below: a model's broken JSON must not end the conversation.
    }
    this.#diagnostics.changed(block.at ?? 'messages', 'the arguments of this tool call are no JSON object')
    return {}
  }

  #drop(block: Block, reason: string): undefined {
    this.#diagnostics.dropped(block.at ?? 'messages', reason)
  }
}

/** Writes a cache breakpoint. Messages knows two lifetimes; longer ones become the longer. */
export function writeCacheMark({ ttl, extra }: CacheMark, isOwn: boolean): JsonObject {
  const isKnown = isOwn || ttl === undefined || ttl === '5m' || ttl === '1h'
  return restore({ type: 'ephemeral', ttl: isKnown ? ttl : '1h' }, extra, DIALECT)
}
