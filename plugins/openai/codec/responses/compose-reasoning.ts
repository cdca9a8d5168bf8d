import type { JsonObject, NeutralEvent, OpaqueState, ReasoningBlock, ReasoningPart } from 'lunaroute/neutral'
import type { BlockWriter, OutputList, OutputSlot } from './compose-blocks.ts'
import { writeReasoningItem, writeReasoningPart } from './reasoning.ts'

interface SpokenPart {
  readonly key: string
  readonly kind: ReasoningPart['kind']
  /** Summaries and texts are counted apart. */
  readonly index: number
  text: string
}

/** Writes a reasoning item. One part is open at a time. */
export class ReasoningComposer implements BlockWriter {
  readonly #head: ReasoningBlock
  readonly #slot: OutputSlot
  readonly #id: string
  readonly #parts: SpokenPart[] = []
  #state: OpaqueState | undefined

  constructor(list: OutputList, head: ReasoningBlock) {
    this.#head = head
    this.#slot = list.take()
    this.#id = list.context.id('rs_')
    this.#state = head.state
  }

  start(): JsonObject[] {
    const item = { id: this.#id, type: 'reasoning', summary: [] }
    const added = { type: 'response.output_item.added', output_index: this.#slot.index, item }
    return [added, ...this.#head.parts.flatMap((part, i) => this.#append(`head:${i}`, part.kind, part.text))]
  }

  push(event: NeutralEvent): JsonObject[] {
    if (event.type === 'state') this.#state = event.state
    if (event.type !== 'reasoningDelta') return []
    return this.#append(`${event.kind}:${event.part}`, event.kind, event.text)
  }

  stop(): JsonObject[] {
    const closed = this.#closePart()
    const parts = this.#parts.map(({ kind, text }) => ({ kind, text }))
    this.#slot.item = writeReasoningItem({ type: 'reasoning', parts, state: this.#state }, this.#id)
    return [...closed, { type: 'response.output_item.done', output_index: this.#slot.index, item: this.#slot.item }]
  }

  #append(key: string, kind: ReasoningPart['kind'], delta: string): JsonObject[] {
    let part = this.#parts.at(-1)
    const events: JsonObject[] = []
    if (part?.key !== key) {
      events.push(...this.#closePart())
      part = { key, kind, index: this.#parts.filter(part => part.kind === kind).length, text: '' }
      this.#parts.push(part)
      events.push(this.#event(part, PART_EVENTS[kind].added, { part: writeReasoningPart(part) }))
    }
    if (delta === '') return events
    part.text += delta
    return [...events, this.#event(part, PART_EVENTS[kind].delta, { delta })]
  }

  #closePart(): JsonObject[] {
    const part = this.#parts.at(-1)
    if (!part) return []
    const { done, partDone } = PART_EVENTS[part.kind]
    const { kind, text } = part
    return [
      this.#event(part, done, { text }),
      this.#event(part, partDone, { part: writeReasoningPart({ kind, text }) }),
    ]
  }

  #event({ kind, index }: SpokenPart, type: string, fields: JsonObject): JsonObject {
    const place = kind === 'summary' ? { summary_index: index } : { content_index: index }
    return { type, item_id: this.#id, output_index: this.#slot.index, ...place, ...fields }
  }
}

const PART_EVENTS = {
  summary: {
    added: 'response.reasoning_summary_part.added',
    delta: 'response.reasoning_summary_text.delta',
    done: 'response.reasoning_summary_text.done',
    partDone: 'response.reasoning_summary_part.done',
  },
  text: {
    added: 'response.content_part.added',
    delta: 'response.reasoning_text.delta',
    done: 'response.reasoning_text.done',
    partDone: 'response.content_part.done',
  },
} as const
