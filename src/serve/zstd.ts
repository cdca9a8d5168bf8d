import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { loadUnzstd } from '../body/unzstd.ts'
import type { Decode } from './coded-body.ts'

type NodeDecode = (bytes: Buffer, options: object, done: (error: Error | null, bytes: Buffer) => void) => void

/** Undoes zstd, which Codex codes its requests with. Node has it from 22.15 on; before that JavaScript does it. */
export function zstdDecoder(): Decode {
  const { zstdDecompress } = zlib as { readonly zstdDecompress?: NodeDecode }
  return zstdDecompress ? promisify<Buffer, object, Buffer>(zstdDecompress) : decodeInJavaScript
}

const decodeInJavaScript: Decode = async (bytes, { maxOutputLength }) => {
  const unzstd = await loadUnzstd()
  return unzstd(bytes, { most: maxOutputLength })
}
