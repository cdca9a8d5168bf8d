import zlib from 'node:zlib'
import { loadUnzstd } from '../body/unzstd.ts'

const LEVEL = 3

/** Packs and unpacks zstd, of any size and however it was packed. */
export interface Zstd {
  compress(bytes: Uint8Array): Uint8Array
  /** Throws for what is no zstd, or not all of it. */
  decompress(bytes: Uint8Array): Uint8Array
}

interface NodeZstd {
  zstdCompressSync?(bytes: Uint8Array, options: { params: Record<number, number> }): Uint8Array
  zstdDecompressSync?(bytes: Uint8Array): Uint8Array
}

/** A second `init` in one thread takes the memory from under the first one: whoever is first does it for all. */
const READY = Symbol.for('lunaroute.zstd-wasm')

/** Node's own where it has one (22.15 and later). Before that WebAssembly packs and JavaScript unpacks. */
export async function loadZstd(): Promise<Zstd> {
  const { zstdCompressSync, zstdDecompressSync } = zlib as NodeZstd
  if (zstdCompressSync && zstdDecompressSync) {
    const { ZSTD_c_compressionLevel } = zlib.constants as { ZSTD_c_compressionLevel?: number }
    const params = { [ZSTD_c_compressionLevel ?? 100]: LEVEL }
    return { compress: bytes => zstdCompressSync(bytes, { params }), decompress: zstdDecompressSync }
  }
  const [{ init, compress }, unzstd] = await Promise.all([import('@bokuweb/zstd-wasm'), loadUnzstd()])
  const shared = globalThis as { [READY]?: Promise<void> }
  shared[READY] ??= init()
  await shared[READY]
  return {
    compress: bytes => compress(bytes, LEVEL),
    // The one in WebAssembly reads nothing that does not tell its size.
    decompress: bytes => unzstd(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
  }
}
