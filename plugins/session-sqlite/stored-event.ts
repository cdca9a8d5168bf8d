import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import { partsOf, type SessionEvent } from 'lunaroute/sessions'
import type { Row, SqlValue } from './driver.ts'

/** Smaller ones gain nothing from being compressed. */
const COMPRESSED_FROM = 512

/** The field of an event that may be large, and is kept by itself so that nobody reads it who does not need it. */
const BODY_FIELDS: Readonly<Record<string, string>> = {
  request_recorded: 'request_json',
  response_recorded: 'response_json',
}

/** An event as the columns `event` and `body`: JSON, and the large field of it, compressed where that is worth it. */
export function packEvent(event: SessionEvent): readonly [event: string, body: SqlValue] {
  const parts = partsOf(event)
  if (parts)
    return [
      JSON.stringify(parts.rest),
      packed(Buffer.from(parts.body.buffer, parts.body.byteOffset, parts.body.length)),
    ]
  const field = BODY_FIELDS[event.type]
  if (field === undefined) return [JSON.stringify(event), null]
  const { [field]: body, ...rest } = event as unknown as Record<string, unknown>
  if (body === undefined || body === null) return [JSON.stringify(event), null]
  return [JSON.stringify(rest), packed(Buffer.from(JSON.stringify(body)))]
}

function packed(json: Buffer): SqlValue {
  if (json.length < COMPRESSED_FROM) return json.toString()
  // Quality 1 is a third of gzip's time for a better ratio.
  const params = { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_SIZE_HINT]: json.length }
  return brotliCompressSync(json, { params })
}

/** The event that was packed. Without its body the large field is null. */
export function unpackEvent(row: Row, isBrief: boolean): SessionEvent {
  const event = JSON.parse(String(row.event)) as Record<string, unknown>
  const field = BODY_FIELDS[String(event.type)]
  if (field === undefined || field in event) return event as unknown as SessionEvent
  return { ...event, [field]: isBrief ? null : bodyOf(row.body) } as unknown as SessionEvent
}

function bodyOf(body: unknown): unknown {
  if (typeof body === 'string') return JSON.parse(body)
  return body instanceof Uint8Array ? JSON.parse(brotliDecompressSync(body).toString()) : null
}
