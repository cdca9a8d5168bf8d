import { isAscii, isUtf8, transcode } from 'node:buffer'
import zlib from 'node:zlib'
import { loadUnzstd as loadInJavaScript } from 'lunaroute/sessions'

const { BROTLI_OPERATION_FLUSH, Z_SYNC_FLUSH } = zlib.constants
/** The largest body that is read, in bytes: less than the longest string there can be, after a coding too. */
const MAX_BODY = 256 * 1024 * 1024
// What broke off is read as far as it goes.
const INFLATE = { finishFlush: Z_SYNC_FLUSH, maxOutputLength: MAX_BODY }
const BROTLI = { finishFlush: BROTLI_OPERATION_FLUSH, maxOutputLength: MAX_BODY }
const gunzip = (bytes: Buffer): Buffer => zlib.gunzipSync(bytes, INFLATE)

export type Unzstd = (bytes: Buffer) => Buffer

/** Reads zstd on every Node: with its own decoder where it has one, otherwise in JavaScript. */
export async function loadUnzstd(): Promise<Unzstd> {
  const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (bytes: Buffer, options: object) => Buffer }
  if (zstdDecompressSync) return bytes => zstdDecompressSync(bytes, { maxOutputLength: MAX_BODY })
  const unzstd = await loadInJavaScript()
  return bytes => unzstd(bytes, { most: MAX_BODY, isCutRead: true })
}

/** A body without its content coding. Throws where the coding is unknown, broken from the start or leads to too much. */
export function decoded(bytes: Buffer, coding: string | undefined, unzstd: Unzstd): Buffer {
  if (bytes.length === 0) return bytes
  const codings = (coding ?? '').split(',').map(each => each.trim().toLowerCase())
  return codings.reduceRight((body, each) => {
    switch (each) {
      case '':
      case 'identity':
        return body
      case 'gzip':
      case 'x-gzip':
        return gunzip(body)
      case 'deflate':
        return inflate(body)
      case 'br':
        return zlib.brotliDecompressSync(body, BROTLI)
      case 'zstd':
        return unzstd(body)
    }
    throw new Error(`the content coding "${each}" is not known`)
  }, bytes)
}

/** Some servers mean the bare form by `deflate`. */
function inflate(bytes: Buffer): Buffer {
  try {
    return zlib.inflateSync(bytes, INFLATE)
  } catch {
    return zlib.inflateRawSync(bytes, INFLATE)
  }
}

/** A body as it is put into an event: JSON where it is some, text where it is that, and base64 otherwise. */
export function bodyOf(bytes: Buffer): unknown {
  return readJson(bytes).value
}

/** What is nested deeper can be parsed, but not by jq, and much deeper it can neither be walked through nor written again. */
const MAX_DEPTH = 200
const LF = 0x0a
const CR = 0x0d
const BLANK = 0x20
const LARGE = 16 * 1024
/** Half of a character, as an escape: not every program reads a line with one. */
const HALF = /\\u[dD](?:[89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD])[c-fC-F])/

/** Searching for the escape is a tenth of the work, and most bodies have none. */
function hasHalf(bytes: Buffer, text: string): boolean {
  return (bytes.includes('\\ud') || bytes.includes('\\uD')) && HALF.test(text)
}

/** A body that is no text. */
class Base64 {
  readonly base64: string

  constructor(bytes: Buffer) {
    this.base64 = bytes.toString('base64')
  }
}

/** The bytes of a body that was no text. */
export function bytesOf(body: unknown): Buffer | undefined {
  return body instanceof Base64 ? Buffer.from(body.base64, 'base64') : undefined
}

/** A body as it is put into an event, and the bytes of it where they are JSON that may stand on a line as it is. */
export interface JsonBody {
  readonly value: unknown
  readonly line: Buffer | undefined
}

export function readJson(bytes: Buffer): JsonBody {
  if (bytes.length === 0) return { value: null, line: undefined }
  if (bytes.length > MAX_BODY) return { value: { omitted_bytes: bytes.length }, line: undefined }
  if (!isUtf8(bytes)) return { value: new Base64(bytes), line: undefined }
  const text = textOf(bytes)
  try {
    const value: unknown = JSON.parse(text)
    if (isDeep(value)) return { value: text, line: undefined }
    return { value, line: hasHalf(bytes, text) ? undefined : onOneLine(bytes) }
  } catch {
    return { value: text, line: undefined }
  }
}

/** In JSON the ends of lines are but blanks: those in texts are escapes. */
function onOneLine(bytes: Buffer): Buffer {
  if (!bytes.includes(LF) && !bytes.includes(CR)) return bytes
  const line = Buffer.from(bytes)
  for (let i = 0; i < line.length; i++) if (line[i] === LF || line[i] === CR) line[i] = BLANK
  return line
}

/** Whether a value of JSON is nested too deeply for an event. */
export function isDeep(value: unknown, most = MAX_DEPTH): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (most === 0) return true
  // Without a list of the values: there are thousands of objects in a body.
  for (const key in value) if (isDeep((value as Record<string, unknown>)[key], most - 1)) return true
  return false
}

/** Of large texts that are not ASCII alone, this way takes less than half the time of `toString`. */
function textOf(bytes: Buffer): string {
  const isPlain = bytes.length < LARGE || isAscii(bytes)
  return isPlain ? bytes.toString() : transcode(bytes, 'utf8', 'utf16le').toString('utf16le')
}
