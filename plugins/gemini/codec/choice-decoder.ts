import {
  type Block,
  type Citation,
  Fields,
  isObject,
  type JsonObject,
  type NeutralEvent,
  type ReasoningBlock,
  type TextBlock,
  type ToolCallBlock,
} from 'lunaroute/neutral'
import type { CallIds } from './call-ids.ts'
import { readStop } from './finish.ts'
import { readGrounding } from './grounding.ts'
import { PartialArgs } from './partial-args.ts'
import { stateOf } from './read-parts.ts'

interface Open {
  readonly index: number
  readonly type: 'text' | 'reasoning'
  text: string
  /** Signed: nothing can be added to it but what is said about it. */
  isSealed: boolean
}

/** Turns the parts of one candidate, chunk by chunk, into blocks. Texts and thoughts go on until something else begins. */
export class ChoiceDecoder {
  readonly #choice: number
  readonly #ids: CallIds
  readonly #cited = new Set<string>()
  #blocks = 0
  #open: Open | undefined
  #call: { readonly index: number; readonly args: PartialArgs } | undefined
  #hasCalls = false
  /** The texts before the one that is open: places of citations count from the first. */
  #said = ''
  #finished: JsonObject | undefined
  #events: NeutralEvent[] = []

  constructor(choice: number, ids: CallIds) {
    this.#choice = choice
    this.#ids = ids
  }

  get isFinished(): boolean {
    return this.#finished !== undefined
  }

  /** Whether a text is open that an empty part would belong to. */
  get isInText(): boolean {
    return this.#open?.type === 'text' && !this.#open.isSealed
  }

  /** The events of the blocks of one chunk. */
  blocks(blocks: readonly Block[]): readonly NeutralEvent[] {
    for (const block of blocks) this.#block(block)
    return this.#take()
  }

  /** The events of a chunk with calls whose arguments are streamed. Other parts are given as blocks. */
  streamedCalls(parts: readonly (Block | JsonObject)[]): readonly NeutralEvent[] {
    for (const part of parts) {
      if (isStreamedCall(part)) this.#streamedCall(part)
      else this.#block(part as Block)
    }
    return this.#take()
  }

  /** What a candidate says about the answer so far. Several may say that it is finished; the last one is right. */
  about(candidate: JsonObject): readonly NeutralEvent[] {
    if (candidate.finishReason !== undefined && candidate.finishReason !== null) this.#finished = candidate
    const open = this.#open
    if (open?.type === 'text') {
      const before: Block = { type: 'text', text: this.#said }
      const [, block] = readGrounding(candidate.groundingMetadata, [before, { type: 'text', text: open.text }])
      for (const citation of (block as TextBlock).citations ?? []) this.#cite(open.index, citation)
    }
    return this.#take()
  }

  /** The stream is over and this choice had finished. */
  finish(): readonly NeutralEvent[] {
    this.#close()
    const stop = this.#finished && readStop(new Fields(this.#finished), this.#hasCalls)
    this.#events.push({ type: 'finish', choice: this.#choice, stop: stop ?? { reason: 'other' } })
    return this.#take()
  }

  #block(block: Block): void {
    this.#closeCall()
    if (block.type === 'text') return this.#words(block, block.text)
    if (block.type === 'reasoning' && block.parts.length > 0) return this.#words(block, block.parts[0]!.text)
    this.#close()
    const index = this.#blocks++
    const place = { choice: this.#choice, index }
    if (block.type === 'toolCall') {
      this.#hasCalls = true
      this.#events.push({ type: 'blockStart', ...place, block: { ...block, input: '' } })
      if (block.input !== '') this.#events.push({ type: 'inputDelta', ...place, text: block.input })
    } else this.#events.push({ type: 'blockStart', ...place, block })
    this.#events.push({ type: 'blockStop', ...place })
  }

  /** A signature ends what it vouches for. */
  #words(block: TextBlock | ReasoningBlock, text: string): void {
    const { type, state, extra } = block
    if (this.#open?.type !== type || extra || this.#open.isSealed) this.#start(block)
    const open = this.#open!
    open.text += text
    const place = { choice: this.#choice, index: open.index }
    if (type === 'text') this.#events.push({ type: 'textDelta', ...place, text, logprobs: block.logprobs })
    else this.#events.push({ type: 'reasoningDelta', ...place, part: 0, kind: 'summary', text })
    if (state) this.#events.push({ type: 'state', ...place, state })
    // What the same chunk says about a text still belongs to it.
    if (state || extra) open.isSealed = true
  }

  #start({ type, extra }: TextBlock | ReasoningBlock): void {
    this.#close()
    const index = this.#blocks++
    const block: Block = type === 'text' ? { type, text: '', extra } : { type, parts: [], extra }
    this.#events.push({ type: 'blockStart', choice: this.#choice, index, block })
    this.#open = { index, type, text: '', isSealed: false }
  }

  #streamedCall(part: JsonObject): void {
    const call = part.functionCall as JsonObject
    if (typeof call.name === 'string') {
      this.#close()
      const id = typeof call.id === 'string' ? call.id : undefined
      const signature = typeof part.thoughtSignature === 'string' ? part.thoughtSignature : undefined
      const block: ToolCallBlock = {
        type: 'toolCall',
        callId: this.#ids.call(id, call.name),
        name: call.name,
        inputType: 'json',
        input: '',
        state: stateOf(signature),
      }
      const index = this.#blocks++
      this.#hasCalls = true
      this.#events.push({ type: 'blockStart', choice: this.#choice, index, block })
      this.#call = { index, args: new PartialArgs() }
    }
    this.#call?.args.add(call)
    if (call.willContinue !== true) this.#closeCall()
  }

  #cite(index: number, citation: Citation): void {
    const key = JSON.stringify(citation)
    if (this.#cited.has(key)) return
    this.#cited.add(key)
    this.#events.push({ type: 'citation', choice: this.#choice, index, citation })
  }

  #close(): void {
    this.#closeCall()
    if (this.#open) this.#events.push({ type: 'blockStop', choice: this.#choice, index: this.#open.index })
    if (this.#open?.type === 'text') this.#said += this.#open.text
    this.#open = undefined
  }

  #closeCall(): void {
    if (!this.#call) return
    const place = { choice: this.#choice, index: this.#call.index }
    const text = this.#call.args.toString()
    this.#events.push({ type: 'inputDelta', ...place, text }, { type: 'blockStop', ...place })
    this.#call = undefined
  }

  #take(): readonly NeutralEvent[] {
    const events = this.#events
    this.#events = []
    return events
  }
}

/** Whether a part is a piece of a call whose arguments are streamed (Vertex). */
export function isStreamedCall(part: unknown): part is JsonObject {
  if (!isObject(part) || !isObject(part.functionCall)) return false
  return part.functionCall.name === undefined || part.functionCall.willContinue === true
}
