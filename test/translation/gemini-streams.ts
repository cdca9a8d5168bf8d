import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { IncomingFrame, JsonObject, NeutralEvent, OutgoingFrame, ResponseContext } from 'lunaroute/neutral'
import { geminiCodec } from '../../plugins/gemini/codec/index.ts'
import { SseParser } from '../../src/sse/parser.ts'
import { strictContext } from './corpus.ts'

const root = fileURLToPath(new URL('../../../shared/corpus/gemini', import.meta.url))

/** A recorded stream, its events as JSON texts. */
export interface RecordedStream {
  readonly id: string
  readonly form: 'sse' | 'json-array'
  readonly data: readonly string[]
}

/** The recorded streams: server-sent events, and elements of a JSON array. */
export function recordedStreams(): readonly RecordedStream[] {
  return readdirSync(root).flatMap((id): RecordedStream[] => {
    if (existsSync(`${root}/${id}/response.sse`)) {
      return [{ id, form: 'sse', data: parseSse(readFileSync(`${root}/${id}/response.sse`)) }]
    }
    const value: unknown = JSON.parse(readFileSync(`${root}/${id}/response.json`, 'utf8'))
    return Array.isArray(value) ? [{ id, form: 'json-array', data: value.map(element => JSON.stringify(element)) }] : []
  })
}

/** Frames as the core hands them to a decoder. */
export function incoming(data: string): IncomingFrame {
  return {
    event: undefined,
    data,
    json() {
      try {
        return JSON.parse(data)
      } catch {
        return undefined
      }
    },
  }
}

/** Every event of a stream, to its end. */
export function decode(data: readonly string[]): readonly NeutralEvent[] {
  const decoder = geminiCodec.createDecoder()
  return [...data.flatMap(text => decoder.push(incoming(text))), ...decoder.end()]
}

/** The data of the frames that events lead to. */
export function encode(
  events: readonly NeutralEvent[],
  context: ResponseContext = { ...strictContext({ dialect: 'none', messages: [] }), model: 'm' },
): readonly { readonly data: JsonObject | string }[] {
  const encoder = geminiCodec.createEncoder(context)
  const frames = [...events.flatMap(event => encoder.push(event)), ...encoder.end()].filter(hasData)
  // What leaves is JSON: there are no undefined fields in it.
  return frames.map(({ data }) => ({ data: JSON.parse(JSON.stringify(data)) as JsonObject | string }))
}

function hasData(frame: OutgoingFrame): frame is { readonly data: JsonObject | string } {
  return 'data' in frame
}

function parseSse(bytes: Buffer): readonly string[] {
  const data: string[] = []
  const parser = new SseParser(frame => frame.hasData && data.push(frame.data))
  parser.push(bytes)
  parser.end()
  return data
}
