import type { Chunk } from '../chunk.ts'
import type { OutgoingFrame } from '../neutral/codec.ts'
import type { StreamForm } from '../response-translation.ts'
import { SseFrame } from '../sse/parser.ts'
import { formatEvent } from '../sse/writer.ts'
import { bodyChunk, elementChunk, eventChunk } from '../stream-chunk.ts'

/** A frame as the text of a server-sent event. */
export function formatFrame(frame: OutgoingFrame): string {
  return 'comment' in frame ? formatEvent(frame) : formatEvent({ event: frame.event, data: dataOf(frame) })
}

/** A frame, or the bytes that close an array, as a chunk. Arrays have no place for a comment: it is white space there. */
export function chunkOf(frame: OutgoingFrame | Buffer, form: StreamForm): Chunk {
  if (Buffer.isBuffer(frame)) return elementChunk({ raw: frame, start: frame.length, end: frame.length })
  if (form === 'sse') return eventChunk(new SseFrame(Buffer.from(formatFrame(frame))))
  if (form === 'body') return bodyChunk(Buffer.from('comment' in frame ? '' : dataOf(frame)))
  if ('comment' in frame) return elementChunk({ raw: Buffer.from('\n'), start: 1, end: 1 })
  const raw = Buffer.from(`,${dataOf(frame)}\r\n`)
  return elementChunk({ raw, start: 1, end: raw.length - 2 })
}

function dataOf({ data }: Exclude<OutgoingFrame, { comment: string }>): string {
  return typeof data === 'string' ? data : JSON.stringify(data)
}
