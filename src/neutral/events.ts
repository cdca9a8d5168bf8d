import type { Citation } from './citation.ts'
import type { Block, OpaqueState, ReasoningPart } from './content.ts'
import type { NeutralError } from './error.ts'
import type { Extensible } from './extra.ts'
import type { Stop } from './response.ts'
import type { TokenLogprob, Usage } from './usage.ts'

interface EventBase extends Extensible {
  /**
   * Counts the native events of the stream from 0. Neutral events read from one native event share it, and the first of
   * them holds that event's remainder; an encoder of the same dialect writes them as one native event again.
   */
  readonly frame?: number | undefined
}

/** Says which block an event is about. Choices count from 0; blocks count from 0 within a choice, in order of start. */
interface BlockEvent extends EventBase {
  readonly choice: number
  readonly index: number
}

/** The answer begins. Always the first event but for `ping` and `native`; exactly once. */
export interface StartEvent extends EventBase {
  readonly type: 'start'
  readonly id?: string | undefined
  readonly model?: string | undefined
  /** Seconds since 1970. */
  readonly createdAt?: number | undefined
  /** What is known before the first token: input and cache. */
  readonly usage?: Usage | undefined
  readonly serviceTier?: string | undefined
}

/**
 * A block begins. `block` is its head: the block without what deltas will append. Blocks that come whole (redacted
 * reasoning, server tool results, native ones) are complete here. Several may be open at once: Chat interleaves tool
 * calls. An encoder whose grammar does not allow it holds the later ones back.
 */
export interface BlockStartEvent extends BlockEvent {
  readonly type: 'blockStart'
  readonly block: Block
}

/** Appends to a text or refusal block, to the transcript of audio, or to the summary of a compaction. */
export interface TextDeltaEvent extends BlockEvent {
  readonly type: 'textDelta'
  readonly text: string
  readonly logprobs?: readonly TokenLogprob[] | undefined
}

/** Appends to part `part` of a reasoning block; a new number or kind opens a part. */
export interface ReasoningDeltaEvent extends BlockEvent {
  readonly type: 'reasoningDelta'
  readonly part: number
  readonly kind: ReasoningPart['kind']
  readonly text: string
}

/** Sets a block's opaque state. Comes once, whole, before the block ends. */
export interface StateEvent extends BlockEvent {
  readonly type: 'state'
  readonly state: OpaqueState
}

/** Appends to the input of a tool call. Pieces may be empty, and may cut JSON anywhere between characters. */
export interface InputDeltaEvent extends BlockEvent {
  readonly type: 'inputDelta'
  readonly text: string
}

/** Adds a citation to a text block. */
export interface CitationEvent extends BlockEvent {
  readonly type: 'citation'
  readonly citation: Citation
}

/** Appends base64 to an audio block, or replaces the picture of an image block by a better one. */
export interface MediaDeltaEvent extends BlockEvent {
  readonly type: 'mediaDelta'
  readonly data: string
}

/** A block is complete. Exactly once for every start. */
export interface BlockStopEvent extends BlockEvent {
  readonly type: 'blockStop'
}

/** Usage so far. Counts are cumulative and the last one wins field by field. May come at any time, also after `finish`. */
export interface UsageEvent extends EventBase {
  readonly type: 'usage'
  readonly usage: Usage
}

/** A choice is complete; all its blocks have ended. Where a server says it again, the last one counts. */
export interface FinishEvent extends EventBase {
  readonly type: 'finish'
  readonly choice: number
  readonly stop: Stop
}

/** The answer is complete and was ended properly. Nothing follows. */
export interface EndEvent extends EventBase {
  readonly type: 'end'
}

/** The answer broke off: the provider said so, or the stream ended without its proper end (`kind: 'cut'`). Nothing follows. */
export interface ErrorEvent extends EventBase {
  readonly type: 'error'
  readonly error: NeutralError
}

/** A sign of life without content. */
export interface PingEvent extends EventBase {
  readonly type: 'ping'
}

/** An event only one dialect knows, whole. */
export interface NativeEvent extends EventBase {
  readonly type: 'native'
  readonly dialect: string
  readonly event?: string | undefined
  readonly value: unknown
}

/**
 * An answer in pieces. Grammar: `start (blockStart delta* blockStop | finish | usage)* (end | error)`, with `ping` and
 * `native` anywhere. An error may also come first. Decoders keep to it whatever the provider sends (late ids, repeated
 * names, deltas without a start), and encoders may rely on it.
 */
export type NeutralEvent =
  | StartEvent
  | BlockStartEvent
  | TextDeltaEvent
  | ReasoningDeltaEvent
  | StateEvent
  | InputDeltaEvent
  | CitationEvent
  | MediaDeltaEvent
  | BlockStopEvent
  | UsageEvent
  | FinishEvent
  | EndEvent
  | ErrorEvent
  | PingEvent
  | NativeEvent
