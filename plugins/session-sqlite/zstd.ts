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

interface WasmZstd extends Zstd {
  init(): Promise<void>
}

/** A second `init` in one thread would put another memory under the first one's feet, whoever asks for it. */
const READY = Symbol.for('lunaroute.zstd-wasm')

const require = createRequire(import.meta.url)

/** Node has it from 22.15 on; before that, WebAssembly does it. */
export async function loadZstd(): Promise<Zstd> {
  const { zstdCompressSync: compress, zstdDecompressSync: decompress } = zlib as NodeZstd
  if (compress && decompress) return { compress, decompress }
  const wasm = require('@bokuweb/zstd-wasm') as WasmZstd
  const shared = globalThis as { [READY]?: Promise<void> }
  shared[READY] ??= wasm.init()
  await shared[READY]
  return wasm
}
