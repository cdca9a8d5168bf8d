/** A seeded source of numbers in [0, 1): the same seed gives the same run. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** The bytes in pieces of random size, none empty. Small pieces are as likely as large ones. */
export function randomPieces(bytes: Buffer, random: () => number, largest = 8192): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const size = Math.max(1, Math.floor(largest ** random()))
    pieces.push(bytes.subarray(at, at + size))
    at += size
  }
  return pieces
}
