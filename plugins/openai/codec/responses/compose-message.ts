import type { Citation, JsonObject, NeutralEvent, RefusalBlock, TextBlock, TokenLogprob } from 'lunaroute/neutral'
import { writeAnnotation } from './annotations.ts'
import type { BlockWriter, OutputList, OutputSlot } from './compose-blocks.ts'
import { writeLogprobs } from './logprobs.ts'

export type PartBlock = TextBlock | RefusalBlock

/** Writes a message item, whose parts are the texts and refusals that follow each other. */
export class MessageComposer {
  readonly slot: OutputSlot
  readonly id: string
  readonly list: OutputList
  readonly #parts: Part[] = []
  /** Whether nothing can be added to it. */
  isClosing = false

  constructor(list: OutputList) {
    this.list = list
    this.slot = list.take()
    this.id = list.context.id('msg_')
  }

  start(): JsonObject[] {
    const item = { ...this.#head('in_progress'), content: [] }
    return [{ type: 'response.output_item.added', output_index: this.slot.index, item }]
  }

  /** Begins a part. */
  part(block: PartBlock): readonly [BlockWriter, JsonObject[]] {
    const part = new Part(this, this.#parts.length, block)
    this.#parts.push(part)
    return [part, part.start()]
  }

  /** Ends the message, now or with its last part. */
  close(): JsonObject[] {
    this.isClosing = true
    if (this.slot.item || this.#parts.some(part => part.isOpen)) return []
    this.slot.item = { ...this.#head('completed'), content: this.#parts.map(part => part.value) }
    return [{ type: 'response.output_item.done', output_index: this.slot.index, item: this.slot.item }]
  }

  #head(status: string): JsonObject {
    return { id: this.id, type: 'message', status, role: 'assistant' }
  }
}

class Part implements BlockWriter {
  readonly #message: MessageComposer
  readonly #index: number
  readonly #block: PartBlock
  readonly #annotations: JsonObject[] = []
  readonly #logprobs: TokenLogprob[] = []
  #text = ''
  isOpen = true

  constructor(message: MessageComposer, index: number, block: PartBlock) {
    this.#message = message
    this.#index = index
    this.#block = block
  }

  /** The part as it stands. */
  get value(): JsonObject {
    if (this.#block.type === 'refusal') return { type: 'refusal', refusal: this.#text }
    const logprobs = writeLogprobs(this.#logprobs, false)
    return { type: 'output_text', text: this.#text, annotations: [...this.#annotations], logprobs }
  }

  start(): JsonObject[] {
    const events = [this.#event('response.content_part.added', { part: this.value })]
    const { text, logprobs } = this.#block
    if (text !== '') events.push(...this.#append(text, logprobs))
    const citations = this.#block.type === 'text' ? (this.#block.citations ?? []) : []
    return [...events, ...citations.flatMap(citation => this.#cite(citation))]
  }

  push(event: Exclude<NeutralEvent, { readonly type: 'start' }>): JsonObject[] {
    if (event.type === 'citation') return this.#cite(event.citation)
    return event.type === 'textDelta' ? this.#append(event.text, event.logprobs) : []
  }

  stop(): JsonObject[] {
    this.isOpen = false
    const part = this.value
    const done =
      this.#block.type === 'refusal'
        ? this.#event('response.refusal.done', { refusal: this.#text })
        : this.#event('response.output_text.done', { text: this.#text, logprobs: part.logprobs })
    const events = [done, this.#event('response.content_part.done', { part })]
    return this.#message.isClosing ? [...events, ...this.#message.close()] : events
  }

  #append(delta: string, logprobs: readonly TokenLogprob[] = []): JsonObject[] {
    this.#text += delta
    if (this.#block.type === 'refusal') return [this.#event('response.refusal.delta', { delta })]
    this.#logprobs.push(...logprobs)
    return [this.#event('response.output_text.delta', { delta, logprobs: writeLogprobs(logprobs, false) })]
  }

  #cite(citation: Citation): JsonObject[] {
    const annotation = this.#block.type === 'text' ? writeAnnotation(citation, this.#text.length) : undefined
    if (!annotation) return []
    const annotation_index = this.#annotations.push(annotation) - 1
    return [this.#event('response.output_text.annotation.added', { annotation_index, annotation })]
  }

  #event(type: string, fields: JsonObject): JsonObject {
    const { id, slot } = this.#message
    return { type, item_id: id, output_index: slot.index, content_index: this.#index, ...fields }
  }
}
