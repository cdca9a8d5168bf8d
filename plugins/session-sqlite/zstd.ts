import { createRequire } from 'node:module'
import * as zlib from 'node:zlib'

interface WasmZstd {
  init(): Promise<void>
  decompress(data: Uint8Array): Uint8Array
}

const require = createRequire(import.meta.url)

/** Unpacks zstd. Node has it from 22.15 on; before that, WebAssembly does it. */
export async function unzstd(data: Uint8Array): Promise<Buffer> {
  const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (data: Uint8Array) => Buffer }
  if (zstdDecompressSync) return zstdDecompressSync(data)
  const wasm = require('@bokuweb/zstd-wasm') as WasmZstd
  await wasm.init()
  return Buffer.from(wasm.decompress(data))
}
