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
  decompress(data: Uint8Array, options?: { readonly defaultHeapSize: number }): Uint8Array
}

/** What the WebAssembly says where the room for what it unpacks is too small. */
const TOO_SMALL = /code -70$/
const MOST_ROOM = 2 ** 30

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
  return { compress: data => wasm.compress(data), decompress: data => unpack(wasm, data) }
}

/** Who packs a stream does not know its size and does not tell it: it is tried with ever more room. */
function unpack(wasm: WasmZstd, data: Uint8Array): Uint8Array {
  for (let room = Math.max(2 ** 20, data.length * 8); ; room *= 4) {
    try {
      return wasm.decompress(data, { defaultHeapSize: Math.min(room, MOST_ROOM) })
    } catch (error) {
      if (!TOO_SMALL.test((error as Error).message) || room >= MOST_ROOM) throw error
    }
  }
}
