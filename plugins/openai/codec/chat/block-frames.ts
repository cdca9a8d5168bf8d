import type {
  Block,
  Citation,
  Diagnostics,
  JsonObject,
  NeutralEvent,
  OpaqueState,
  ReasoningBlock,
  ReasoningDeltaEvent,
  ToolCallBlock,
} from 'lunaroute/neutral'
import { writeAnnotation } from './annotations.ts'
import { writeToken } from './logprobs.ts'
import { writeDetail } from './reasoning.ts'

type Piece = Pick<ReasoningDeltaEvent, 'kind' | 'part' | 'text'>
type BlockEvent = Extract<NeutralEvent, { readonly index: number }>

/** A block that is being written, and what has to be remembered of it. */
type Open =
  | { readonly type: 'text'; readonly offset: number; length: number; readonly citations: Citation[] }
  | { readonly type: 'refusal' | 'audio' | 'dropped' }
  | {
      readonly type: 'reasoning'
      readonly block: ReasoningBlock
      state: OpaqueState | undefined
      part: { readonly number: number; readonly kind: string; readonly index: number } | undefined
    }
  | { readonly type: 'toolCall'; readonly position: number; readonly block: ToolCallBlock; isEmpty: boolean }

/** Writes the events of blocks as deltas. Chat has no blocks: texts join, calls count on. */
export class BlockFrames {
  readonly #diagnostics: Diagnostics
  readonly #open = new Map<string, Open>()
  readonly #calls = new Map<number, number>()
  readonly #details = new Map<number, number>()
  readonly #lengths = new Map<number, number>()

  constructor(diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics
  }

  push(event: BlockEvent): readonly JsonObject[] {
    const key = `${event.choice}/${event.index}`
    if (event.type === 'blockStart') return this.#start(event.choice, key, event.block)
    const open = this.#open.get(key)
    if (!open || open.type === 'dropped') return []
    switch (event.type) {
      case 'textDelta':
        return this.#text(event.choice, open, event)
      case 'reasoningDelta':
        return open.type === 'reasoning' ? this.#thought(event.choice, open, event) : []
      case 'inputDelta':
        return open.type === 'toolCall' ? input(open, event.text) : []
      case 'state':
        if (open.type === 'reasoning') open.state = event.state
        return open.type === 'toolCall' && event.state.issuer === 'gemini'
          ? [{ tool_calls: [{ index: open.position, ...signed(event.state.data) }] }]
          : []
      case 'citation': {
        if (open.type === 'text') open.citations.push(event.citation)
        return []
      }
      case 'mediaDelta':
        return open.type === 'audio' ? [{ audio: { data: event.data } }] : []
      case 'blockStop':
        this.#open.delete(key)
        return this.#stop(event.choice, open)
    }
  }

  #start(choice: number, key: string, block: Block): readonly JsonObject[] {
    switch (block.type) {
      case 'text': {
        const offset = this.#lengths.get(choice) ?? 0
        const open: Open = { type: 'text', offset, length: 0, citations: [...(block.citations ?? [])] }
        this.#open.set(key, open)
        return block.text === '' ? [] : this.#text(choice, open, block)
      }
      case 'refusal':
        this.#open.set(key, { type: 'refusal' })
        return block.text === '' ? [] : [{ refusal: block.text }]
      case 'reasoning': {
        const open: Open = { type: 'reasoning', block, state: block.state, part: undefined }
        this.#open.set(key, open)
        return block.parts.flatMap(({ kind, text }, part) => this.#thought(choice, open, { kind, part, text }))
      }
      case 'toolCall':
        return this.#call(choice, key, block)
      case 'audio': {
        this.#open.set(key, { type: 'audio' })
        const data = block.source?.type === 'base64' ? block.source.data : undefined
        return [{ audio: { id: block.id, data, transcript: block.transcript, expires_at: block.expiresAt } }]
      }
      default:
        this.#open.set(key, { type: 'dropped' })
        this.#diagnostics.dropped(block.at ?? 'messages', `chat has no part for this ${block.type}`)
        return []
    }
  }

  #call(choice: number, key: string, block: ToolCallBlock): readonly JsonObject[] {
    const position = this.#calls.get(choice) ?? 0
    this.#calls.set(choice, position + 1)
    this.#open.set(key, { type: 'toolCall', position, block, isEmpty: block.input === '' })
    const { callId: id, name, input, inputType, state } = block
    const call =
      inputType === 'text'
        ? { type: 'custom', custom: { name, input } }
        : { type: 'function', function: { name, arguments: input } }
    return [{ tool_calls: [{ index: position, id, ...call, ...(state?.issuer === 'gemini' && signed(state.data)) }] }]
  }

  #text(choice: number, open: Open, { text, logprobs }: Pick<BlockEvent & { type: 'textDelta' }, 'text' | 'logprobs'>) {
    if (open.type === 'audio') return [{ audio: { transcript: text } }]
    if (open.type === 'refusal') return [{ refusal: text }]
    if (open.type !== 'text' || text === '') return []
    open.length += text.length
    this.#lengths.set(choice, open.offset + open.length)
    return logprobs
      ? [{ content: text, logprobs: { content: logprobs.map(token => writeToken(token, false)), refusal: null } }]
      : [{ content: text }]
  }

  #stop(choice: number, open: Open): readonly JsonObject[] {
    if (open.type === 'toolCall') {
      // A call without arguments still has a JSON object for them.
      return open.isEmpty && open.block.inputType === 'json' ? [piece(open, '{}')] : []
    }
    if (open.type === 'text') {
      const { offset, length } = open
      const annotations = open.citations.map(citation => writeAnnotation(citation, offset, length))
      const written = annotations.filter(annotation => annotation !== undefined)
      return written.length === 0 ? [] : [{ annotations: written }]
    }
    return open.type === 'reasoning' ? this.#state(choice, open) : []
  }

  /** Some clients read the one field, some the other and send it back: both say the same, piece by piece. */
  #thought(choice: number, open: Open & { type: 'reasoning' }, { kind, part, text }: Piece): readonly JsonObject[] {
    if (open.part?.number !== part) {
      const index = this.#details.get(choice) ?? 0
      this.#details.set(choice, index + 1)
      open.part = { number: part, kind, index }
    }
    if (text === '') return []
    const said = kind === 'summary' ? { summary: text } : { text }
    const detail = { type: `reasoning.${kind}`, ...said, index: open.part.index }
    return [{ reasoning_content: text, reasoning_details: [detail] }]
  }

  #state(choice: number, { block, state, part }: Open & { type: 'reasoning' }): readonly JsonObject[] {
    if (!state) return []
    const isSigned = part?.kind === 'text' && state.kind === 'signature'
    const index = isSigned ? part.index : (this.#details.get(choice) ?? 0)
    if (!isSigned) this.#details.set(choice, index + 1)
    const parts = isSigned ? [{ kind: 'text', text: '' } as const] : []
    const details = writeDetail({ type: 'reasoning', id: block.id, parts, state })
    return [{ reasoning_details: details.map(detail => ({ ...(detail as JsonObject), index })) }]
  }
}

function input(open: Open & { type: 'toolCall' }, text: string): readonly JsonObject[] {
  if (text === '') return []
  open.isEmpty = false
  return [piece(open, text)]
}

function piece({ position: index, block }: Open & { type: 'toolCall' }, text: string): JsonObject {
  return {
    tool_calls: [
      { index, ...(block.inputType === 'text' ? { custom: { input: text } } : { function: { arguments: text } }) },
    ],
  }
}

/** Where Google's own Chat endpoint has it. */
function signed(data: string): JsonObject {
  return { extra_content: { google: { thought_signature: data } } }
}
