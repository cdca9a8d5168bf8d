import { type Extra, type JsonObject, type NeutralEvent, type OutgoingFrame, restore, shapeOf } from 'lunaroute/neutral'
import { writeAnnotation } from './annotations.ts'
import { writeLogprobs } from './logprobs.ts'
import { DIALECT } from './name.ts'
import { Transcript } from './transcript.ts'
import { writeUsage } from './usage.ts'

/** Writes events that were read from Responses as the native events they were. */
export class Rewriter {
  readonly #transcript = new Transcript()
  #frame: number | undefined
  #extra: Extra | undefined
  #group: NeutralEvent[] = []
  #missing = 0

  /** Whether an event belongs to a native event of Responses: it holds its remainder, or goes on in the same frame. */
  knows({ frame, extra }: NeutralEvent): boolean {
    return frame !== undefined && (extra?.[DIALECT] !== undefined || frame === this.#frame)
  }

  /** The native event, once all that was read from it is there. */
  push(event: NeutralEvent, sequenceNumber: number): OutgoingFrame | undefined {
    if (event.extra?.[DIALECT]) {
      this.#frame = event.frame
      this.#extra = event.extra
      this.#group = []
      this.#missing = Number(shapeOf(event.extra, DIALECT, 'events') ?? 1)
    }
    this.#group.push(event)
    if (--this.#missing !== 0) return undefined
    if (event.type === 'native' && typeof event.value === 'string') return { event: event.event, data: event.value }
    return this.#write(sequenceNumber)
  }

  #write(sequenceNumber: number): OutgoingFrame {
    const own = this.#extra?.[DIALECT]
    const fields = own?.fields ?? {}
    const written = Object.assign({}, ...this.#group.map(event => said(event, fields)))
    for (const event of this.#group) if ('text' in event) this.#transcript.append(fields, event.text)
    const native = restore(written, this.#extra, DIALECT, { sequence_number: sequenceNumber })
    const data = this.#transcript.withRepetition(native)
    const isNamed = own?.shapes?.event !== 'none'
    return isNamed ? { event: String(data.type), data } : { data }
  }
}

/** What an event says of the native one; the rest is in the remainder. */
function said(event: NeutralEvent, { type }: JsonObject): JsonObject {
  switch (event.type) {
    case 'start': {
      const { id, model, createdAt } = event
      return { response: { id, model, created_at: createdAt } }
    }
    case 'textDelta':
      return {
        ...(isDelta(type) && { delta: event.text }),
        ...(event.logprobs && { logprobs: writeLogprobs(event.logprobs, true) }),
      }
    case 'inputDelta':
    case 'reasoningDelta':
      return isDelta(type) ? { delta: event.text } : {}
    case 'citation':
      return String(type).endsWith('annotation.added') ? { annotation: writeAnnotation(event.citation, 0) } : {}
    case 'usage':
      return { response: { usage: writeUsage(event.usage) } }
    default:
      return {}
  }
}

function isDelta(type: unknown): boolean {
  return String(type).endsWith('.delta')
}
