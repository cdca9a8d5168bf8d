import type { Extra, JsonObject, NeutralEvent } from 'lunaroute/neutral'
import { DIALECT } from './name.ts'

/**
 * The neutral events read from one chunk. `at` notes where in the chunk an event's value stood, so that the chunk can be
 * put together again: `choices.0.delta.content` is `0.text`, the text of event 0.
 */
export class FrameEvents {
  readonly list: NeutralEvent[] = []
  readonly frame: number
  #places: Record<string, string> | undefined

  constructor(frame: number) {
    this.frame = frame
  }

  add(event: NeutralEvent, path?: string, field?: string): void {
    this.list.push(event)
    if (path !== undefined) this.at(path, field!)
  }

  /** Notes a place of the event added last. */
  at(path: string, field: string): void {
    this.#places ??= {}
    this.#places[path] = `${this.list.length - 1}.${field}`
  }

  /** The events, the first of them with what the chunk said besides. */
  finish(fields: JsonObject, absent: readonly string[] | undefined, name: string | undefined): readonly NeutralEvent[] {
    const [first, ...rest] = this.list
    if (!first) return []
    const shapes: Record<string, string> = this.#places ?? {}
    shapes.events = String(this.list.length)
    if (name !== undefined) shapes.event = name
    const extra: Extra = { [DIALECT]: absent ? { fields, shapes, absent } : { fields, shapes } }
    // Nobody else has it yet, and in Node 20 a key that is added to a spread object costs a hidden class.
    return [Object.assign(first, { extra }), ...rest]
  }
}
