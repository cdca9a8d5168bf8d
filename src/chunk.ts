/**
 * One event of a response. A response that is not a stream is one chunk whose `raw` is the whole body. Parsed at most
 * once, on demand; a chunk returned as it came leaves as the bytes it came in.
 */
export interface Chunk {
  /** The bytes, framing included. */
  readonly raw: Uint8Array
  /** `event`: one server-sent event. `element`: one element of a JSON-array stream. `body`: a whole response. */
  readonly kind: 'event' | 'element' | 'body'
  /** The event's name, where the frame has one. */
  readonly event: string | undefined
  /** The payload as text: the event's data lines, or the body. Empty for comments and pings without data. */
  readonly data: string
  /** The payload as JSON; undefined when it is not JSON (`[DONE]`, a comment, HTML). */
  json(): unknown
  /** The same chunk with another payload, framed anew. `event` renames the event. */
  with(payload: unknown, event?: string): Chunk
}
