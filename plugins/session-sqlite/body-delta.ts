import { sharedBeginning, sharedEnd } from 'lunaroute/sessions'

// An agent's requests repeat the conversation so far: of 200 KB, all but a few are what the request before had. Kept is
// what stands between the beginning and the end that a body shares with an earlier one of its session.

/** Lengths of the beginning and of the end that two bodies share, in bytes. They do not overlap in either. */
export interface Shared {
  readonly prefix: number
  readonly suffix: number
}

const HEADER = 8

export function sharedBy(a: Buffer, b: Buffer): Shared {
  const prefix = sharedBeginning(a, b)
  const suffix = sharedEnd(a, b, Math.min(a.length, b.length) - prefix)
  return { prefix, suffix }
}

/** What `patched` makes a body of again; `middle` is what it does not share, in whatever form. */
export function deltaOf({ prefix, suffix }: Shared, middle: Uint8Array): Buffer {
  const header = Buffer.allocUnsafe(HEADER)
  header.writeUInt32LE(prefix, 0)
  header.writeUInt32LE(suffix, 4)
  return Buffer.concat([header, middle])
}

/** The body of a delta. `unpack` undoes what was done to the middle. */
export function patched(base: Uint8Array, delta: Uint8Array, unpack: (middle: Uint8Array) => Uint8Array): Buffer {
  const header = new DataView(delta.buffer, delta.byteOffset, HEADER)
  const [prefix, suffix] = [header.getUint32(0, true), header.getUint32(4, true)]
  return Buffer.concat([
    base.subarray(0, prefix),
    unpack(delta.subarray(HEADER)),
    base.subarray(base.length - suffix, base.length),
  ])
}
