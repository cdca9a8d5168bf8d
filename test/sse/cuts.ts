import fc from 'fast-check'

/** Where to cut, as fractions of the length. */
export function cuts(): fc.Arbitrary<number[]> {
  return fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 })
}

/** The bytes in pieces, some of them perhaps empty. */
export function pieces(bytes: Buffer, at: readonly number[]): Buffer[] {
  const ends = at.map(fraction => Math.floor(fraction * bytes.length)).sort((a, b) => a - b)
  return [...ends, bytes.length].map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end))
}
