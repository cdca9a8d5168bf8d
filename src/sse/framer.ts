import { Accumulator, asBuffer } from '../body/accumulator.ts'
import type { Chunk } from '../chunk.ts'
import { bodyChunk, elementChunk, eventChunk } from '../stream-chunk.ts'
import { JsonArrayParser } from './json-array.ts'
import { type FrameLimit, SseFrame, SseParser } from './parser.ts'

/** Turns the bytes of a response into chunks. */
export interface Framer {
  push(bytes: Uint8Array): void
  /** Hands on what is left, so that the chunks' bytes are together all that came in. */
  end(): void
}

/**
 * A framer for an event stream, for a JSON array or for a body that is one chunk. A rest that is no whole event or
 * element becomes the last chunk as it is; a body without a byte is no chunk. Chunks may share memory with what was pushed.
 */
export function createFramer(
  kind: 'sse' | 'json-array' | 'body',
  onChunk: (chunk: Chunk) => void,
  limit: FrameLimit = {},
): Framer {
  if (kind === 'sse') return sseFramer(onChunk, limit)
  if (kind === 'json-array') return jsonArrayFramer(onChunk, limit)
  return bodyFramer(onChunk)
}

function sseFramer(onChunk: (chunk: Chunk) => void, limit: FrameLimit): Framer {
  let isFirst = true
  const parser = new SseParser(frame => {
    isFirst = false
    onChunk(eventChunk(frame))
  }, limit)
  return {
    push: bytes => parser.push(bytes),
    end() {
      const rest = asBuffer(parser.end())
      if (rest.length > 0) onChunk(eventChunk(new SseFrame(rest, isFirst)))
    },
  }
}

function jsonArrayFramer(onChunk: (chunk: Chunk) => void, limit: FrameLimit): Framer {
  const parser = new JsonArrayParser(element => onChunk(elementChunk(element)), limit)
  return {
    push: bytes => parser.push(bytes),
    end() {
      const raw = asBuffer(parser.end())
      if (raw.length === 0) return
      // An error page where an array was expected is a body; the closing bracket is an element without a payload.
      onChunk(parser.isArray ? elementChunk({ raw, start: raw.length, end: raw.length }) : bodyChunk(raw))
    },
  }
}

function bodyFramer(onChunk: (chunk: Chunk) => void): Framer {
  const body = new Accumulator()
  return {
    push: bytes => body.append(bytes),
    end() {
      if (body.length > 0) onChunk(bodyChunk(body.take()))
    },
  }
}
