import type { Chunk } from '../chunk.ts'
import { SseFrame } from '../sse/frame.ts'
import { formatEvent } from '../sse/writer.ts'
import { bodyChunk, eventChunk } from '../stream-chunk.ts'

/** A server-sent event with this payload, as text or as a JSON value, and a name where one is given. */
export function chunk(payload: unknown, event?: string): Chunk {
  return eventChunk(new SseFrame(Buffer.from(formatEvent({ event, data: textOf(payload) }))))
}

/** A response that is not a stream: one chunk with this payload. */
export function wholeBody(payload: unknown): Chunk {
  return bodyChunk(Buffer.from(textOf(payload)))
}

function textOf(payload: unknown): string {
  return typeof payload === 'string' ? payload : JSON.stringify(payload)
}
