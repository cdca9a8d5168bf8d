import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type IncomingFrame, isObject } from 'lunaroute/neutral'
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

/** The streams of a recording that holds several, one after the other. Each begins with an event of this type. */
export function streamsIn({ id, frames }: RecordedStream, beginning: string): readonly RecordedStream[] {
  const streams: IncomingFrame[][] = []
  for (const frame of frames) {
    const native = frame.json()
    const isBeginning = isObject(native) && native.type === beginning
    if (isBeginning || streams.length === 0) streams.push([])
    streams.at(-1)!.push(frame)
  }
  return streams.map((stream, i) => ({ id: i === 0 ? id : `${id} (${i + 1})`, frames: stream }))
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
