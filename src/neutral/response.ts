import type { Block } from './content.ts'
import type { NeutralError } from './error.ts'
import type { Extensible } from './extra.ts'
import type { Usage } from './usage.ts'

/**
 * Why the model stopped (translation.md, 4c). `toolCalls` whenever the answer holds calls for the client, also where the
 * provider says otherwise (Gemini's STOP, servers that say `stop`). `pause`: a provider-run tool takes longer, send the
 * answer back to go on. `other` with the provider's word where nobody knows it.
 */
export type StopReason =
  | 'stop'
  | 'stopSequence'
  | 'length'
  | 'contextFull'
  | 'toolCalls'
  | 'filter'
  | 'refusal'
  | 'pause'
  | 'compaction'
  | 'error'
  | 'other'

export interface Stop extends Extensible {
  readonly reason: StopReason
  /** The provider's own word: `end_turn`, `SAFETY`. Written back by the same dialect only. */
  readonly native?: string | undefined
  /** The stop sequence that was met (Messages). */
  readonly sequence?: string | undefined
  /** Words about it: Gemini `finishMessage`, Messages `stop_details.explanation`. */
  readonly message?: string | undefined
}

/** One answer. Dialects without several answers have exactly one, with index 0. */
export interface Choice extends Extensible {
  readonly index: number
  /** The assistant's turn, as in an assistant Message. */
  readonly content: readonly Block[]
  /** Undefined while a background response is not done. */
  readonly stop?: Stop | undefined
}

/** A whole answer. A stream is the same thing in pieces: see NeutralEvent. */
export interface NeutralResponse extends Extensible {
  /** The dialect it was read from. */
  readonly dialect: string
  readonly id?: string | undefined
  /** The model that answered, as the provider names it. Writers put the client's own name for it (WriteContext.model). */
  readonly model?: string | undefined
  /** Seconds since 1970. */
  readonly createdAt?: number | undefined
  readonly choices: readonly Choice[]
  readonly usage?: Usage | undefined
  readonly serviceTier?: string | undefined
  /** Responses: `completed`, `incomplete`, `failed`, `queued`, `in_progress`, `cancelled`. */
  readonly status?: string | undefined
  /** Set when a response that began well failed (Responses `status: failed`). */
  readonly error?: NeutralError | undefined
}
