import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { GatewayError } from '../errors.ts'
import { tooLarge } from './body.ts'
import { zstdDecoder } from './zstd.ts'

/** A body that came in a content coding: what was received, and what plugins read of it. */
export interface CodedBody {
  readonly received: Buffer
  readonly plain: Buffer
}

/** Undoes one coding. Rejects with Node's code ERR_BUFFER_TOO_LARGE where more comes of it than was allowed. */
export type Decode = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>

const gunzip: Decode = promisify<Buffer, object, Buffer>(zlib.gunzip)
const DECODERS: Readonly<Record<string, Decode>> = {
  gzip: gunzip,
  deflate: promisify<Buffer, object, Buffer>(zlib.inflate),
  br: promisify<Buffer, object, Buffer>(zlib.brotliDecompress),
  zstd: zstdDecoder(),
}
const KNOWN = Object.keys(DECODERS).join(', ')

/** The codings of a body in the order they were applied; none for one that is as it is. */
export function codingsOf(header: string): readonly string[] {
  const codings = header.split(',').map(each => each.trim().toLowerCase())
  return codings.filter(each => each !== '' && each !== 'identity')
}

/** Undoes a body's codings. Rejects where one is unknown or broken, or hides more than `limit` bytes. */
export async function decodeBody(received: Buffer, codings: readonly string[], limit: number): Promise<CodedBody> {
  let plain = received
  for (const coding of codings.toReversed()) plain = await decode(plain, coding, limit)
  return { received, plain }
}

async function decode(bytes: Buffer, coding: string, limit: number): Promise<Buffer> {
  const undo = coding === 'x-gzip' ? gunzip : DECODERS[coding]
  if (!undo) {
    const message = `the request body is coded with "${coding.slice(0, 40)}"; this gateway reads ${KNOWN}`
    throw new GatewayError('LR_CONTENT_TYPE', 415, message, { headers: { 'accept-encoding': KNOWN } })
  }
  try {
    return await undo(bytes, { maxOutputLength: limit })
  } catch (cause) {
    if ((cause as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limit)
    throw new GatewayError('LR_BAD_REQUEST', 400, `the request body is not what its content-encoding says`, { cause })
  }
}
