import type { JsonObject, NeutralEvent, ToolCallBlock } from 'lunaroute/neutral'
import type { BlockWriter, OutputList, OutputSlot } from './compose-blocks.ts'

/** Writes a call of the client's own tool, a function or a custom one. */
export class CallComposer implements BlockWriter {
  readonly #call: ToolCallBlock
  readonly #slot: OutputSlot
  readonly #id: string
  readonly #isCustom: boolean
  readonly #word: string
  #input = ''

  constructor(list: OutputList, call: ToolCallBlock) {
    this.#call = call
    this.#slot = list.take()
    this.#isCustom = call.inputType === 'text'
    this.#id = list.context.id(this.#isCustom ? 'ctc_' : 'fc_')
    this.#word = this.#isCustom ? 'custom_tool_call_input' : 'function_call_arguments'
  }

  start(): JsonObject[] {
    const added = this.#itemEvent('response.output_item.added', this.#item('in_progress'))
    return this.#call.input === '' ? [added] : [added, this.#append(this.#call.input)]
  }

  push(event: NeutralEvent): JsonObject[] {
    return event.type === 'inputDelta' && event.text !== '' ? [this.#append(event.text)] : []
  }

  stop(): JsonObject[] {
    // Clients parse the arguments of a call that has none, and the empty string is not JSON.
    const events = this.#input === '' && !this.#isCustom ? [this.#append('{}')] : []
    const done = this.#isCustom ? { input: this.#input } : { name: this.#call.name, arguments: this.#input }
    this.#slot.item = this.#item('completed')
    return [
      ...events,
      this.#event(`response.${this.#word}.done`, done),
      this.#itemEvent('response.output_item.done', this.#slot.item),
    ]
  }

  #append(delta: string): JsonObject {
    this.#input += delta
    return this.#event(`response.${this.#word}.delta`, { delta })
  }

  #item(status: string): JsonObject {
    const { callId, name, namespace } = this.#call
    const type = this.#isCustom ? 'custom_tool_call' : 'function_call'
    const input = { [this.#isCustom ? 'input' : 'arguments']: this.#input }
    return {
      id: this.#id,
      type,
      status,
      call_id: callId,
      name,
      ...(namespace !== undefined && { namespace }),
      ...input,
    }
  }

  #event(type: string, fields: JsonObject): JsonObject {
    return { type, item_id: this.#id, output_index: this.#slot.index, ...fields }
  }

  #itemEvent(type: string, item: JsonObject): JsonObject {
    return { type, output_index: this.#slot.index, item }
  }
}
