import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import { partsOf, type SessionEvent } from 'lunaroute/sessions'
import { deltaOf, patched, type Shared } from './body-delta.ts'
import type { Row, SqlValue } from './driver.ts'
import type { KnownBodies } from './known-bodies.ts'

/** Smaller ones gain nothing from being compressed. */
const COMPRESSED_FROM = 512

/** The field of an event that may be large, and is kept by itself so that nobody reads it who does not need it. */
const BODY_FIELDS: Readonly<Record<string, string>> = {
  request_recorded: 'request_json',
  response_recorded: 'response_json',
}

/** An event as columns: JSON, and by itself the large field of it, compressed where that is worth it. */
export interface PackedEvent {
  readonly event: string
  readonly body: SqlValue
  /** The event whose body this one changes. */
  readonly base: number | null
  /** The body, where those that come next may be like it. */
  readonly whole?: Buffer | undefined
}

/** `bodies` knows what an event's session has said before; without it bodies are kept whole. */
export function packEvent(event: SessionEvent, bodies?: KnownBodies): PackedEvent {
  const [rest, body] = split(event)
  if (!body) return { event: JSON.stringify(rest), body: null, base: null }
  const json = JSON.stringify(rest)
  // Answers repeat nothing.
  if (event.type !== 'request_recorded') return { event: json, body: packed(body), base: null }
  const known = bodies?.like(event.session_id, body)
  if (!known) return { event: json, body: packed(body), base: null, whole: body }
  return { event: json, body: deltaOf(known.shared, compressed(middleOf(body, known.shared))), base: known.row }
}

function split(event: SessionEvent): readonly [rest: object, body: Buffer | undefined] {
  const parts = partsOf(event)
  if (parts) return [parts.rest, Buffer.from(parts.body.buffer, parts.body.byteOffset, parts.body.length)]
  const field = BODY_FIELDS[event.type]
  if (field === undefined) return [event, undefined]
  const { [field]: body, ...rest } = event as unknown as Record<string, unknown>
  return body === undefined || body === null ? [event, undefined] : [rest, Buffer.from(JSON.stringify(body))]
}

function middleOf(body: Buffer, { prefix, suffix }: Shared): Buffer {
  return body.subarray(prefix, body.length - suffix)
}

function packed(json: Buffer): SqlValue {
  return json.length < COMPRESSED_FROM ? json.toString() : compressed(json)
}

function compressed(bytes: Buffer): Uint8Array {
  // Quality 1 is a third of gzip's time for a better ratio.
  const params = { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length }
  return brotliCompressSync(bytes, { params })
}

/** The event that was packed. Without its body the large field is null. */
export function unpackEvent(row: Row, isBrief: boolean): SessionEvent {
  const event = JSON.parse(String(row.event)) as Record<string, unknown>
  const field = BODY_FIELDS[String(event.type)]
  if (field === undefined || field in event) return event as unknown as SessionEvent
  return { ...event, [field]: isBrief ? null : bodyOf(row) } as unknown as SessionEvent
}

function bodyOf({ body, base_body: base }: Row): unknown {
  if (typeof body === 'string') return JSON.parse(body)
  if (!(body instanceof Uint8Array)) return null
  const isDelta = base instanceof Uint8Array
  const bytes = isDelta ? patched(brotliDecompressSync(base), body, brotliDecompressSync) : brotliDecompressSync(body)
  return JSON.parse(bytes.toString())
}
