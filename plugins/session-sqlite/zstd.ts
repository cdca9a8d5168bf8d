import { createRequire } from 'node:module'
import * as zlib from 'node:zlib'

/** Packs and unpacks zstd. */
export interface Zstd {
  compress(data: Uint8Array): Uint8Array
  decompress(data: Uint8Array): Uint8Array
}

interface NodeZstd {
  zstdCompressSync?(data: Uint8Array): Uint8Array
  zstdDecompressSync?(data: Uint8Array): Uint8Array
}

interface Wasm {
  init(): Promise<void>
  compress(data: Uint8Array): Uint8Array
}

/** A second `init` in one thread would put another memory under the first one's feet, whoever asks for it. */
const READY = Symbol.for('lunaroute.zstd-wasm')

const require = createRequire(import.meta.url)

/** Node has it from 22.15 on; before that WebAssembly packs, and JavaScript unpacks what does not tell its size, too. */
export async function loadZstd(): Promise<Zstd> {
  const { zstdCompressSync: compress, zstdDecompressSync: decompress } = zlib as NodeZstd
  if (compress && decompress) return { compress, decompress }
  const wasm = require('@bokuweb/zstd-wasm') as Wasm
  const shared = globalThis as { [READY]?: Promise<void> }
  shared[READY] ??= wasm.init()
  await shared[READY]
  const { Decompress } = await import('fzstd')
  return {
    compress: data => wasm.compress(data),
    // Several frames one after the other are one text.
    decompress(data) {
      const parts: Uint8Array[] = []
      new Decompress(part => parts.push(part)).push(data, true)
      return Buffer.concat(parts)
    },
  }
}
