import type { Block, JsonObject, NeutralEvent, ServerToolResultBlock } from 'lunaroute/neutral'
import type { BlockWriter, OutputList, OutputSlot } from './compose-blocks.ts'
import { writeModelItems } from './write-items.ts'

/** What is said of a tool of the provider's while it runs. */
const PROGRESS: Readonly<Record<string, readonly string[]>> = {
  web_search_call: ['in_progress', 'searching', 'completed'],
  file_search_call: ['in_progress', 'searching', 'completed'],
  code_interpreter_call: ['in_progress', 'interpreting', 'completed'],
  image_generation_call: ['in_progress', 'generating', 'completed'],
  mcp_call: ['in_progress', 'completed'],
}

/** Writes a block whose item is sent at once when it is complete: calls whose input is an object, pictures, compactions. */
export class WholeComposer implements BlockWriter {
  readonly #list: OutputList
  #block: Block
  #slot: OutputSlot | undefined
  #begun: JsonObject | undefined

  constructor(list: OutputList, block: Block) {
    this.#list = list
    this.#block = block
  }

  push(event: NeutralEvent): JsonObject[] {
    const block = this.#block
    if (event.type === 'inputDelta' && (block.type === 'toolCall' || block.type === 'serverToolCall')) {
      this.#block = { ...block, input: block.input + event.text }
    }
    if (event.type === 'textDelta' && block.type === 'compaction') {
      this.#block = { ...block, text: (block.text ?? '') + event.text }
    }
    if (event.type === 'mediaDelta' && block.type === 'image' && block.source.type === 'base64') {
      this.#block = { ...block, source: { ...block.source, data: event.data } }
    }
    if (event.type === 'state') this.#block = { ...block, state: event.state }
    return []
  }

  /** A provider's call has its place now, and ends when its result is there: both are one item. */
  stop(): JsonObject[] {
    return this.#block.type === 'serverToolCall' ? this.#begin(this.#item(undefined)) : this.finish(undefined)
  }

  /** Writes the item, with the result of a provider's tool if there is one. */
  finish(result: ServerToolResultBlock | undefined): JsonObject[] {
    if (this.#slot?.item) return []
    const item = this.#item(result)
    if (!item) return []
    const begun = this.#slot ? [] : this.#begin(item)
    this.#slot!.item = this.#begun ? { ...item, id: this.#begun.id } : item
    return [...begun, { type: 'response.output_item.done', output_index: this.#slot!.index, item: this.#slot!.item }]
  }

  #begin(item: JsonObject | undefined): JsonObject[] {
    if (!item) return []
    this.#begun = item
    const slot = this.#list.take()
    this.#slot = slot
    const type = String(item.type)
    const place = { item_id: item.id, output_index: slot.index }
    return [
      {
        type: 'response.output_item.added',
        output_index: slot.index,
        item: { ...item, status: 'in_progress' },
      },
      ...(PROGRESS[type] ?? []).map(step => ({ type: `response.${type}.${step}`, ...place })),
    ]
  }

  #item(result: ServerToolResultBlock | undefined): JsonObject | undefined {
    const { id, diagnostics } = this.#list.context
    const blocks = result ? [this.#block, result] : [this.#block]
    const [item] = writeModelItems(blocks, { diagnostics, profile: {}, isOwn: false, id }) as JsonObject[]
    return item
  }
}
