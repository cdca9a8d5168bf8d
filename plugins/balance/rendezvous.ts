import { createHash } from 'node:crypto'

/** A place for a key to have. */
export interface Place {
  readonly key: string
  readonly weight: number
}

/**
 * The places in the order a key prefers them. A key has the same order everywhere and always, and a place that comes or
 * goes moves no key but those that prefer it.
 */
export function rendezvous<P extends Place>(key: Buffer, places: readonly P[]): readonly P[] {
  const first = key.readUInt32LE(0)
  const second = key.readUInt32LE(4)
  const scored = places.map(place => {
    const own = digest(place.key).readUInt32LE(0)
    const share = (mix(mix(first ^ own) ^ second) + 0.5) / 2 ** 32
    return { place, score: -place.weight / Math.log(share) }
  })
  return scored.sort((a, b) => b.score - a.score).map(each => each.place)
}

/** 20 bytes that stand for a text. */
export function digest(text: string): Buffer {
  return createHash('sha1').update(text).digest()
}

/** Murmur's last step: every bit of the result depends on every bit given. */
function mix(value: number): number {
  let h = value >>> 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
