/** What stands in one list and not in the other, by the longest common sequence; and the pairs that are in both. */
export interface Difference<T> {
  readonly removed: readonly T[]
  readonly added: readonly T[]
  readonly kept: readonly (readonly [before: T, after: T])[]
}

/** Compares two lists by the keys of their elements. */
export function difference<T extends { readonly key: string }>(
  before: readonly T[],
  after: readonly T[],
): Difference<T> {
  const width = after.length + 1
  const lengths = new Uint32Array((before.length + 1) * width)
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      const isSame = before[i]!.key === after[j]!.key
      lengths[i * width + j] = isSame
        ? lengths[(i + 1) * width + j + 1]! + 1
        : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!)
    }
  }
  const found = { removed: [] as T[], added: [] as T[], kept: [] as [T, T][] }
  let [i, j] = [0, 0]
  while (i < before.length || j < after.length) {
    const [left, right] = [before[i], after[j]]
    if (left && right && left.key === right.key) found.kept.push([before[i++]!, after[j++]!])
    else if (right === undefined || (left && lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!))
      found.removed.push(before[i++]!)
    else found.added.push(after[j++]!)
  }
  return found
}
