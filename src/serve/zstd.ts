import { promisify } from 'node:util'
import zlib from 'node:zlib'
import type { Decode } from './coded-body.ts'

type NodeDecode = (bytes: Buffer, options: object, done: (error: Error | null, bytes: Buffer) => void) => void

/** Undoes zstd (RFC 8878), which Codex codes its requests with. Node has it from 22.15 on; before that JavaScript does it. */
export function zstdDecoder(): Decode {
  const { zstdDecompress } = zlib as { readonly zstdDecompress?: NodeDecode }
  return zstdDecompress ? promisify<Buffer, object, Buffer>(zstdDecompress) : decodeInJavaScript
}

const decodeInJavaScript: Decode = async (bytes, { maxOutputLength }) => {
  const { Decompress } = await import('fzstd')
  for (let at = bytes.indexOf(MAGIC); at >= 0; at = bytes.indexOf(MAGIC, at + 1)) {
    if (windowAt(bytes, at) > MAX_WINDOW) throw new Error('the zstd window is too large')
  }
  const parts: Uint8Array[] = []
  let length = 0
  const decoder = new Decompress(part => {
    length += part.length
    if (length > maxOutputLength) throw Object.assign(new Error('too large'), { code: 'ERR_BUFFER_TOO_LARGE' })
    parts.push(part)
  })
  decoder.push(bytes, true)
  return Buffer.concat(parts)
}

const MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])
/** In bytes; as zstd's own decoder. The window is memory that a few bytes can ask for. */
const MAX_WINDOW = 128 * 1024 * 1024

/** The window that a frame wants, by its header (RFC 8878, 3.1.1.1). */
function windowAt(bytes: Buffer, at: number): number {
  const [descriptor = 0, byte = 0] = bytes.subarray(at + 4)
  const isSingleSegment = (descriptor & 0x20) !== 0
  if (!isSingleSegment) return 2 ** (10 + (byte >> 3)) * (1 + (byte & 7) / 8)
  const dictionary = [0, 1, 2, 4][descriptor & 3]!
  const start = at + 5 + dictionary
  if (start + 8 > bytes.length) return 0
  switch (descriptor >> 6) {
    case 2:
      return bytes.readUInt32LE(start)
    case 3:
      return Number(bytes.readBigUInt64LE(start))
  }
  return 0
}
