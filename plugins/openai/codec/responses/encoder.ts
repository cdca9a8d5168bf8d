import type { Encoder, JsonObject, NeutralEvent, OutgoingFrame, ResponseContext } from 'lunaroute/neutral'
import { Composer } from './composer.ts'
import { Rewriter } from './rewriter.ts'

/** Writes a stream of Responses. */
export function createEncoder(context: ResponseContext): Encoder {
  return new ResponsesEncoder(context)
}

class ResponsesEncoder implements Encoder {
  readonly #composer: Composer
  readonly #rewriter = new Rewriter()
  #count = 0
  #hasEnded = false

  constructor(context: ResponseContext) {
    this.#composer = new Composer(context)
  }

  push(event: NeutralEvent): readonly OutgoingFrame[] {
    if (this.#hasEnded) return []
    this.#hasEnded = event.type === 'end' || event.type === 'error'
    const isOwn = this.#rewriter.knows(event)
    // The composer follows along: should the stream break off, it is the one that closes it.
    const composed = this.#composer.push(event)
    if (!isOwn) {
      if (event.type === 'ping') return [{ comment: 'keepalive' }]
      return composed.map(native => this.#number(native))
    }
    const frame = this.#rewriter.push(event, this.#count)
    if (!frame) return []
    this.#count++
    return [frame]
  }

  end(): readonly OutgoingFrame[] {
    return this.push({ type: 'error', error: { kind: 'cut', message: 'the stream ended before its last event' } })
  }

  #number(native: JsonObject): OutgoingFrame {
    return { event: String(native.type), data: { ...native, sequence_number: this.#count++ } }
  }
}
