import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Codec, Decoder, IncomingFrame, NeutralEvent, OutgoingFrame, ResponseContext } from 'lunaroute/neutral'
import { SseFrame, SseParser } from '../../src/sse/parser.ts'

const corpus = fileURLToPath(new URL('../../../shared/corpus/', import.meta.url))

/** A recorded stream: its frames that have data. */
export interface StreamRecording {
  readonly id: string
  /** Who sent it: `openai`, `groq`. */
  readonly provider: string
  readonly frames: readonly IncomingFrame[]
}

/** An event as it is compared: its name and its data, parsed where it is JSON. */
export interface PlainFrame {
  readonly event: string | undefined
  readonly data: unknown
}

/** The recorded event streams of one API. */
export function streamRecordings(api: string): readonly StreamRecording[] {
  return readdirSync(corpus + api)
    .filter(id => existsSync(`${corpus}${api}/${id}/response.sse`))
    .map(id => ({
      id,
      provider: providerOf(`${corpus}${api}/${id}/meta.json`),
      frames: parse(readFileSync(`${corpus}${api}/${id}/response.sse`)),
    }))
}

/** Some recordings are several answers, one after the other. This takes them apart. */
export function answersIn(frames: readonly IncomingFrame[]): readonly (readonly IncomingFrame[])[] {
  const ends = frames.flatMap((frame, i) => (frame.event === 'message_stop' ? [i + 1] : []))
  const borders = [0, ...ends.filter(end => end < frames.length), frames.length]
  return borders.slice(1).map((end, i) => frames.slice(borders[i], end))
}

/** A frame with this data. */
export function frameOf(data: string | object, event?: string): IncomingFrame {
  const text = typeof data === 'string' ? data : JSON.stringify(data)
  return { event, data: text, json: () => parseJson(text) }
}

/** Everything a decoder makes of a stream. */
export function decode(codec: Codec, frames: readonly IncomingFrame[]): readonly NeutralEvent[] {
  const decoder: Decoder = codec.createDecoder()
  return [...frames.flatMap(frame => decoder.push(frame)), ...decoder.end()]
}

/** Everything an encoder makes of events, without comments. */
export function encode(codec: Codec, events: readonly NeutralEvent[], context: ResponseContext): readonly PlainFrame[] {
  const encoder = codec.createEncoder(context)
  return plain([...events.flatMap(event => encoder.push(event)), ...encoder.end()])
}

/** A context for streams in another dialect, which may lose what that dialect cannot say. Ids count from 0. */
export function lenientContext(inputTokens: number): ResponseContext {
  let ids = 0
  const refused = (path: string, reason: string): never => {
    throw new Error(`${path}: ${reason}`)
  }
  const diagnostics = { isStrict: false, dropped: () => undefined, changed: () => undefined, refused }
  const request = { dialect: 'none', messages: [], stream: { isStream: true, includeUsage: true } }
  return { diagnostics, request, model: 'asked', inputTokens, now: () => 1, id: prefix => `${prefix}${ids++}` }
}

/** Frames as they arrive: JSON has no undefined fields. */
export function plain(frames: readonly OutgoingFrame[]): readonly PlainFrame[] {
  return frames.flatMap(frame => {
    if (!('data' in frame)) return []
    const data: unknown = typeof frame.data === 'string' ? frame.data : JSON.parse(JSON.stringify(frame.data))
    return [{ event: frame.event, data }]
  })
}

/** A recording's frames in the same form. */
export function plainOf(frames: readonly IncomingFrame[]): readonly PlainFrame[] {
  return frames.map(({ event, data }) => ({ event, data: parseJson(data) ?? data.trim() }))
}

function providerOf(file: string): string {
  return String((JSON.parse(readFileSync(file, 'utf8')) as { provider: unknown }).provider)
}

function parse(bytes: Buffer): readonly IncomingFrame[] {
  const frames: IncomingFrame[] = []
  const add = (frame: SseFrame) => {
    if (frame.hasData) frames.push(frameOf(frame.data, frame.event))
  }
  const parser = new SseParser(add)
  parser.push(bytes)
  // Some recorders cut the blank line after the last event.
  add(new SseFrame(Buffer.from(parser.end())))
  return frames
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
