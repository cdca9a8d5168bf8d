/** How many bytes two bodies begin with together. */
export function sharedBeginning(a: Buffer, b: Buffer): number {
  return longest(Math.min(a.length, b.length), (from, to) => a.compare(b, from, to, from, to) === 0)
}

/** How many bytes two bodies end with together, of at most `most`. */
export function sharedEnd(a: Buffer, b: Buffer, most: number): number {
  return longest(most, (from, to) => a.compare(b, b.length - to, b.length - from, a.length - to, a.length - from) === 0)
}

/** The largest length up to `most` that is equal; `isEqual` compares what lies between two lengths. */
function longest(most: number, isEqual: (from: number, to: number) => boolean): number {
  let [known, open] = [0, most + 1]
  while (known + 1 < open) {
    const length = (known + open) >> 1
    if (isEqual(known, length)) known = length
    else open = length
  }
  return known
}
