/** Zstandard as a server streams it: without the size of what is in it. Nothing of it is packed. */
export function zstdStream(bytes: Buffer): Buffer {
  const size = 100_000
  const blocks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => {
    const block = bytes.subarray(at * size, (at + 1) * size)
    const head = Buffer.alloc(3)
    head.writeUIntLE((block.length << 3) | Number((at + 1) * size >= bytes.length), 0, 3)
    return Buffer.concat([head, block])
  })
  return Buffer.concat([Buffer.from('28b52ffd0058', 'hex'), ...blocks])
}
