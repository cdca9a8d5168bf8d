import {
  type Block,
  type Diagnostics,
  isObject,
  type JsonObject,
  type Message,
  type ReasoningBlock,
  restore,
  type ToolCallBlock,
  type ToolResultBlock,
} from 'lunaroute/neutral'
import { isText, writeFunctionResponse, writeInnerPart } from './function-response.ts'
import { type Media, usualType, withType, writeMedia } from './media.ts'
import { DIALECT } from './name.ts'
import { serverDefaults, writeServerCall, writeServerResult } from './server-tools.ts'

/** How parts are to be written. */
export interface PartOptions {
  readonly diagnostics: Diagnostics
  /** Whether the blocks were read from Gemini, and so go back as they were. */
  readonly isOwn: boolean
  /** Back to the API, which checks them, or to a client, which shows them. */
  readonly destination: 'provider' | 'client'
  /** Whether the model takes media inside a function's response. */
  readonly hasMediaInResults?: boolean | undefined
}

/** Writes blocks as parts; reports what Gemini cannot say. */
export class PartWriter {
  readonly #options: PartOptions
  readonly #names: ReadonlyMap<string, string>
  readonly #dropped = new Set<string>()

  /** `messages` are asked for the names of the tools that results belong to. */
  constructor(options: PartOptions, messages: readonly Message[] = []) {
    this.#options = options
    const calls = messages.flatMap(({ content }) => content.filter(block => block.type === 'toolCall'))
    this.#names = new Map(calls.map(({ callId, name }) => [callId, name]))
  }

  /** The parts of one turn. Empty texts say nothing and are left out unless they came from Gemini or are signed. */
  parts(blocks: readonly Block[]): readonly unknown[] {
    const { isOwn } = this.#options
    const kept = isOwn ? blocks : blocks.filter(block => !isEmptyText(block) || block.state)
    const after = isOwn ? [] : kept.flatMap(block => (block.type === 'toolResult' ? this.#besides(block) : []))
    const lastResult = kept.findLastIndex(block => block.type === 'toolResult') + 1
    return [...kept.slice(0, lastResult), ...after, ...kept.slice(lastResult)].flatMap(block => this.part(block))
  }

  /** One block: usually one part, none when it had to be left out. */
  part(block: Block): readonly unknown[] {
    if (block.type === 'native') {
      if (block.dialect === DIALECT) return [block.value]
      return this.#drop(block, `gemini has no counterpart to this part of ${block.dialect}`)
    }
    if (block.type === 'document' && block.source.type === 'blocks') return this.#flatten(block, block.source.content)
    if (block.type === 'audio' && block.transcript !== undefined && !this.#options.isOwn) {
      return [{ text: block.transcript }, ...(block.source ? this.part({ ...block, transcript: undefined }) : [])]
    }
    const written = this.#plain(block)
    if (written === undefined) return []
    return [
      restore(
        { ...written, thoughtSignature: this.#signature(block) },
        block.extra,
        DIALECT,
        defaultsOf(block, written),
      ),
    ]
  }

  #plain(block: Exclude<Block, { type: 'native' }>): JsonObject | undefined {
    const { isOwn } = this.#options
    switch (block.type) {
      case 'text':
      case 'refusal':
        return { text: block.text }
      case 'reasoning':
        return this.#reasoning(block)
      case 'image':
      case 'document':
      case 'audio':
      case 'video':
        return this.#media(block)
      case 'toolCall':
        return { functionCall: { name: block.name, args: this.#args(block) } }
      case 'toolResult':
        return this.#result(block)
      case 'serverToolCall': {
        const written = writeServerCall(block, isOwn)
        if (!written) this.#dropped.add(block.callId)
        return written ?? this.#none(block, `gemini has no ${block.kind} of this form`)
      }
      case 'serverToolResult': {
        const written = this.#dropped.has(block.callId) ? undefined : writeServerResult(block, isOwn)
        return written ?? this.#none(block, 'gemini has no such tool result')
      }
      default:
        return this.#none(block, `gemini takes no ${block.type}`)
    }
  }

  #reasoning(block: ReasoningBlock): JsonObject | undefined {
    const { isOwn, destination } = this.#options
    if (!isOwn && destination === 'provider' && block.state?.issuer !== DIALECT) {
      return this.#none(block, 'gemini takes no reasoning of another provider')
    }
    return { text: block.parts.length === 0 ? undefined : block.parts.map(part => part.text).join('\n\n') }
  }

  #media(block: Media): JsonObject | undefined {
    const { isOwn, diagnostics } = this.#options
    const usual = isOwn ? undefined : usualType(block)
    if (usual !== undefined)
      diagnostics.changed(block.at ?? 'messages', `its address tells no type: taken for ${usual}`)
    const written = writeMedia(usual === undefined ? block : withType(block, usual), isOwn)
    if (!written) return this.#none(block, `gemini cannot read this ${block.type}`)
    if (isOwn) return written
    const lost = {
      detail: block.type === 'image' && block.detail !== 'auto' ? block.detail : undefined,
      context: block.type === 'document' ? block.context : undefined,
      title: block.type === 'document' ? block.title : undefined,
      filename: block.type === 'document' ? block.filename : undefined,
      isCitable: block.type === 'document' && block.isCitable ? true : undefined,
    }
    for (const [field, value] of Object.entries(lost)) {
      if (value !== undefined)
        diagnostics.dropped(`${block.at ?? 'messages'}.${field}`, `gemini has no ${field} of media`)
    }
    return written
  }

  #result(block: ToolResultBlock): JsonObject {
    const name = block.name ?? this.#names.get(block.callId)
    if (name === undefined) {
      this.#options.diagnostics.changed(block.at ?? 'messages', 'no call names the tool of this result')
    }
    const { isOwn } = this.#options
    const inner = block.content.filter(part => !isText(part) && (isOwn || this.#isInner(part)))
    const parts = inner.flatMap(part =>
      part.type === 'native'
        ? [part.value]
        : isMedia(part)
          ? [writeInnerPart(part, writeMedia(part, isOwn) ?? {})]
          : [],
    )
    const words = isOwn ? block : { ...block, content: block.content.map(asText) }
    return writeFunctionResponse(words, name ?? block.callId, parts)
  }

  /** What does not fit into a function's response follows the responses, with a word on where it belongs. */
  #besides(block: ToolResultBlock): readonly Block[] {
    const rest = block.content.filter(part => !isText(asText(part)) && !this.#isInner(part))
    const name = block.name ?? this.#names.get(block.callId) ?? block.callId
    return rest.length === 0
      ? []
      : [{ type: 'text', text: `Part of the result of ${name} (${block.callId}):` }, ...rest]
  }

  #isInner(block: Block): boolean {
    return this.#options.hasMediaInResults === true && isMedia(block) && block.source?.type === 'base64'
  }

  /** Arguments as an object. Text of a custom tool becomes its one argument, as its lowered declaration says. */
  #args(block: ToolCallBlock): JsonObject | undefined {
    if (block.inputType === 'text') return { input: block.input }
    if (block.input === '') return this.#options.isOwn ? undefined : {}
    try {
      const value: unknown = JSON.parse(block.input)
      if (isObject(value)) return value
    } catch {
      // Reported below: a model's broken JSON must not end the conversation.
    }
    this.#options.diagnostics.changed(block.at ?? 'messages', 'the arguments of this tool call are no JSON object')
    return {}
  }

  #signature({ state }: Block & { type: string }): string | undefined {
    const { isOwn, destination } = this.#options
    return isOwn || destination === 'client' || state?.issuer === DIALECT ? state?.data : undefined
  }

  #flatten(block: Block, content: readonly Block[]): readonly unknown[] {
    this.#options.diagnostics.changed(block.at ?? 'messages', 'a document made of blocks becomes the blocks alone')
    return content.flatMap(inner => this.part(inner))
  }

  #none(block: Block, reason: string): undefined {
    this.#options.diagnostics.dropped(block.at ?? 'messages', reason)
  }

  #drop(block: Block, reason: string): readonly unknown[] {
    this.#none(block, reason)
    return []
  }
}

function defaultsOf(block: Block, written: JsonObject): JsonObject | undefined {
  if (block.type === 'reasoning') return { thought: true }
  if (block.type === 'toolCall') return { 'functionCall.id': block.callId }
  if (block.type === 'toolResult') return { 'functionResponse.id': block.callId }
  if (block.type === 'serverToolCall' || block.type === 'serverToolResult') return serverDefaults(written, block.callId)
  return undefined
}

function isMedia(block: Block): block is Media {
  return block.type === 'image' || block.type === 'document' || block.type === 'audio' || block.type === 'video'
}

function isEmptyText(block: Block): boolean {
  return (block.type === 'text' || block.type === 'refusal') && block.text === ''
}

/** Words of a result in another form than a text. */
function asText(block: Block): Block {
  if (block.type === 'toolReference') return { type: 'text', text: block.name }
  if (block.type === 'document' && block.source.type === 'text') return { type: 'text', text: block.source.text }
  return block
}
