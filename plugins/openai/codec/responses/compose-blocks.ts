import type { Block, JsonObject, NeutralEvent, ResponseContext } from 'lunaroute/neutral'
import { CallComposer } from './compose-call.ts'
import { MessageComposer, type PartBlock } from './compose-message.ts'
import { ReasoningComposer } from './compose-reasoning.ts'
import { WholeComposer } from './compose-whole.ts'

type BlockEvent = Extract<NeutralEvent, { readonly index: number }>

/** Writes one block of the stream. */
export interface BlockWriter {
  push(event: BlockEvent): JsonObject[]
  /** Ends the block. */
  stop(): JsonObject[]
}

/** The items of an answer, in the order in which they began. */
export interface OutputSlot {
  readonly index: number
  item: JsonObject | undefined
}

/** What the writers of blocks share. */
export interface OutputList {
  readonly context: ResponseContext
  /** Takes the next place in the output. */
  take(): OutputSlot
}

/** Writes the blocks of a stream, each as an item or, if it is text, as a part of a message. */
export class BlockComposer implements OutputList {
  readonly context: ResponseContext
  readonly #slots: OutputSlot[] = []
  readonly #open = new Map<number, BlockWriter>()
  #message: MessageComposer | undefined
  /** A call of the provider's that waits for its result, which belongs to the same item. */
  readonly #waiting = new Map<string, WholeComposer>()

  constructor(context: ResponseContext) {
    this.context = context
  }

  take(): OutputSlot {
    const slot: OutputSlot = { index: this.#slots.length, item: undefined }
    this.#slots.push(slot)
    return slot
  }

  /** The items that are complete. */
  get output(): readonly JsonObject[] {
    return this.#slots.flatMap(slot => (slot.item ? [slot.item] : []))
  }

  push(event: BlockEvent): JsonObject[] {
    if (event.choice !== 0) return []
    if (event.type === 'blockStart') return this.#start(event.index, event.block)
    const writer = this.#open.get(event.index)
    if (event.type !== 'blockStop') return writer?.push(event) ?? []
    this.#open.delete(event.index)
    return writer?.stop() ?? []
  }

  /** Ends whatever is open. */
  closeAll(): JsonObject[] {
    const events = [...this.#open.values()].flatMap(writer => writer.stop())
    this.#open.clear()
    for (const call of this.#waiting.values()) events.push(...call.finish(undefined))
    this.#waiting.clear()
    return [...events, ...this.#closeMessage()]
  }

  #start(index: number, block: Block): JsonObject[] {
    if (block.type === 'text' || block.type === 'refusal') return this.#startPart(index, block)
    const closed = this.#closeMessage()
    if (block.type === 'serverToolResult') {
      const call = this.#waiting.get(block.callId)
      this.#waiting.delete(block.callId)
      if (!call) this.context.diagnostics.dropped(block.at ?? 'output', 'responses has no counterpart to this result')
      return [...closed, ...(call?.finish(block) ?? [])]
    }
    const [writer, events] = this.#writerOf(block)
    this.#open.set(index, writer)
    if (writer instanceof WholeComposer && block.type === 'serverToolCall') this.#waiting.set(block.callId, writer)
    return [...closed, ...events]
  }

  #writerOf(block: Block): readonly [BlockWriter, JsonObject[]] {
    if (block.type === 'toolCall' && block.provider === undefined) {
      const call = new CallComposer(this, block)
      return [call, call.start()]
    }
    if (block.type === 'reasoning') {
      const reasoning = new ReasoningComposer(this, block)
      return [reasoning, reasoning.start()]
    }
    return [new WholeComposer(this, block), []]
  }

  #startPart(index: number, block: PartBlock): JsonObject[] {
    const events: JsonObject[] = []
    if (!this.#message || this.#message.isClosing) {
      this.#message = new MessageComposer(this)
      events.push(...this.#message.start())
    }
    const [writer, opened] = this.#message.part(block)
    this.#open.set(index, writer)
    return [...events, ...opened]
  }

  /** A message ends where another item begins, or when its last part does if that is later. */
  #closeMessage(): JsonObject[] {
    const events = this.#message?.close() ?? []
    this.#message = undefined
    return events
  }
}
