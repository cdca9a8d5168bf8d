import type { Block, Diagnostics, JsonObject, NeutralEvent, OpaqueState } from 'lunaroute/neutral'
import { writeDelta } from './deltas.ts'
import { adopted, isKnown, writeServerCall } from './server-tools.ts'
import { BlockWriter } from './write-blocks.ts'

export type BlockEvent = Extract<NeutralEvent, { readonly index: number }>

/** The block that is being written. */
interface Open {
  readonly index: number
  readonly block: Block
  state: OpaqueState | undefined
  /** The part of the reasoning that was written last. */
  part: number | undefined
  hasInput: boolean
}

/** Writes foreign blocks, one after the other. Their numbers are without gaps: what is left out does not count. */
export class BlockEvents {
  readonly #diagnostics: Diagnostics
  readonly #writer: BlockWriter
  #open: Open | undefined
  #written = 0

  constructor(diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics
    this.#writer = new BlockWriter(diagnostics, false, 'client')
  }

  push(event: BlockEvent): readonly JsonObject[] {
    if (event.type === 'blockStart') return this.#start(event.block)
    const open = this.#open
    if (!open) return []
    switch (event.type) {
      case 'blockStop':
        this.#open = undefined
        return [...this.#rest(open), { type: 'content_block_stop', index: open.index }]
      case 'textDelta':
        return event.text === '' ? [] : this.#text(open, event)
      case 'reasoningDelta': {
        if (open.block.type !== 'reasoning') return []
        const isNewPart = open.part !== undefined && open.part !== event.part
        open.part = event.part
        const text = isNewPart ? `\n\n${event.text}` : event.text
        return text === '' ? [] : [delta(open, { type: 'thinking_delta', thinking: text })]
      }
      case 'state':
        open.state = event.state
        return []
      case 'inputDelta':
        return event.text === '' ? [] : [this.#input(open, event.text)]
      case 'citation': {
        const written = writeDelta(event)
        return written === undefined ? [] : [delta(open, written)]
      }
      default:
        return []
    }
  }

  #start(block: Block): readonly JsonObject[] {
    const written = this.#head(block)
    if (written === undefined) return []
    const open: Open = { index: this.#written++, block, state: block.state, part: undefined, hasInput: false }
    this.#open = open
    const start = { type: 'content_block_start', index: open.index, content_block: written }
    return [start, ...this.#said(open)]
  }

  #head(block: Block): unknown {
    switch (block.type) {
      case 'text':
      case 'refusal':
        return { type: 'text', text: '' }
      case 'reasoning':
        if (block.state?.kind === 'redacted') return { type: 'redacted_thinking', data: block.state.data }
        return { type: 'thinking', thinking: '', signature: '' }
      case 'toolCall':
        return { type: 'tool_use', id: block.callId, name: block.name, input: {} }
      case 'serverToolCall':
        if (isKnown(block)) return writeServerCall(adopted(block), {})
        this.#diagnostics.dropped(block.at ?? 'messages', 'messages has no such tool')
        return undefined
      case 'compaction':
        return { type: 'compaction', content: null }
      default:
        return this.#writer.block(block)
    }
  }

  /** What a head already says of its content, as deltas. */
  #said(open: Open): readonly JsonObject[] {
    const { block } = open
    switch (block.type) {
      case 'text':
      case 'refusal':
        return block.text === '' ? [] : this.#text(open, block)
      case 'compaction':
        return block.text === undefined ? [] : this.#text(open, { text: block.text })
      case 'toolCall':
      case 'serverToolCall':
        return block.input === '' || block.input === '{}' ? [] : [this.#input(open, block.input)]
      case 'reasoning': {
        const thinking = block.parts.map(part => part.text).join('\n\n')
        if (block.parts.length > 0) open.part = block.parts.length - 1
        return thinking === '' ? [] : [delta(open, { type: 'thinking_delta', thinking })]
      }
      default:
        return []
    }
  }

  #text(open: Open, { text }: { readonly text: string }): readonly JsonObject[] {
    const type = open.block.type
    if (type === 'compaction') return [delta(open, { type: 'compaction_delta', content: text })]
    return type === 'text' || type === 'refusal' ? [delta(open, { type: 'text_delta', text })] : []
  }

  /** Free text of a custom tool becomes its one argument, as its lowered declaration says. */
  #input(open: Open, text: string): JsonObject {
    const isText = open.block.type === 'toolCall' && open.block.inputType === 'text'
    const json = isText ? `${open.hasInput ? '' : '{"input":"'}${JSON.stringify(text).slice(1, -1)}` : text
    open.hasInput = true
    return delta(open, { type: 'input_json_delta', partial_json: json })
  }

  #rest(open: Open): readonly JsonObject[] {
    const { block, state, hasInput } = open
    switch (block.type) {
      case 'reasoning':
        return state?.kind === 'redacted' && block.state === state
          ? []
          : [delta(open, { type: 'signature_delta', signature: state?.data ?? '' })]
      case 'toolCall': {
        if (block.inputType === 'json')
          return hasInput ? [] : [delta(open, { type: 'input_json_delta', partial_json: '{}' })]
        return [delta(open, { type: 'input_json_delta', partial_json: hasInput ? '"}' : '{"input":""}' })]
      }
      case 'serverToolCall':
        return hasInput ? [] : [delta(open, { type: 'input_json_delta', partial_json: '{}' })]
      case 'compaction':
        return state ? [delta(open, { type: 'compaction_delta', content: null, encrypted_content: state.data })] : []
      default:
        return []
    }
  }
}

function delta({ index }: Open, written: JsonObject): JsonObject {
  return { type: 'content_block_delta', index, delta: written }
}
