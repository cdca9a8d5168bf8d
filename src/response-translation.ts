import type { Chunk } from './chunk.ts'
import type { ErrorView } from './dialect.ts'
import type { GatewayError } from './errors.ts'
import type { ResponseHead } from './exchange.ts'
import type { OutgoingFrame } from './neutral/codec.ts'

/** How a response divides into chunks. */
export type StreamForm = 'sse' | 'json-array' | 'body'

/** The head of the client's response, and the forms of the two bodies. */
export interface TranslatedHead {
  /** How to take the provider's body apart. */
  readonly from: StreamForm
  /** What the client gets. */
  readonly to: StreamForm
  /**
   * Read when the head is written: with the first frame of a stream, at the end of a whole body. Until then a
   * translation may learn better, from an error in the provider's stream for one.
   */
  readonly status: number
  /** The content type among them; length and framing are the core's. */
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Makes one response of the client's dialect out of one of the provider's. Holds that response's state: an attempt that
 * is made again gets a new one. A whole body is one chunk, and one frame. Frames come back in order, at once or later;
 * what throws ends the exchange as an error.
 */
export interface ResponseTranslation {
  start(head: ResponseHead): TranslatedHead
  chunk(chunk: Chunk): readonly OutgoingFrame[]
  /** The provider's body has ended, which need not be the proper end of its stream. */
  end(): readonly OutgoingFrame[]
  /** The gateway gives up: the frames that tell a stream's reader. Nothing follows them. */
  fail(error: ErrorView): readonly OutgoingFrame[]
  /**
   * Says, in a stream, that the answer is still to come; asked for after each `keepAliveAfter` milliseconds in which the
   * client was sent nothing. Once it was asked the head is out, and its status with it.
   */
  keepAlive?(): readonly OutgoingFrame[]
  readonly keepAliveAfter?: number
  /**
   * The client's stream is complete, or would be if the provider ended here. The provider's connection gets a moment to
   * end by itself, or to go on where the translation then says that the stream is not complete after all.
   */
  readonly isComplete: boolean
  /** Complete before the provider has said all: its connection is not waited for. */
  readonly isCutShort?: boolean
  /** Why the answer that was passed on counts as a failure: the provider said so in its stream, or broke it off. */
  readonly failure: GatewayError | undefined
}
