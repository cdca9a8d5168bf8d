import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { IncomingFrame } from 'lunaroute/neutral'
import { SseParser } from '../../src/sse/parser.ts'

const corpus = fileURLToPath(new URL('../../../shared/corpus/', import.meta.url))

/** A recorded stream, cut into its events. */
export interface RecordedStream {
  readonly id: string
  readonly frames: readonly IncomingFrame[]
}

/** The recorded streams of one API. */
export function recordedStreams(api: string): readonly RecordedStream[] {
  return readdirSync(corpus + api)
    .filter(id => existsSync(`${corpus}${api}/${id}/response.sse`))
    .map(id => ({ id, frames: framesOf(readFileSync(`${corpus}${api}/${id}/response.sse`)) }))
}

/** An event as a decoder gets it. */
export function incoming(event: string | undefined, data: string): IncomingFrame {
  return {
    event,
    data,
    json() {
      try {
        return JSON.parse(data) as unknown
      } catch {
        return undefined
      }
    },
  }
}

function framesOf(bytes: Buffer): readonly IncomingFrame[] {
  const frames: IncomingFrame[] = []
  const parser = new SseParser(({ event, data, hasData }) => {
    if (hasData) frames.push(incoming(event, data))
  })
  // Some recordings lack the last blank line.
  parser.push(Buffer.concat([bytes, Buffer.from('\n\n')]))
  return frames
}
