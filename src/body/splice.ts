import { isSpace } from './json-skip.ts'
import type { FieldRange } from './scan.ts'

/** A new value for a top-level field, and where a scan found the old one. Without a range the field is added. */
export interface FieldEdit {
  readonly field: string
  readonly range: FieldRange | undefined
  /** What JSON cannot express (undefined, a function) changes nothing. */
  readonly value: unknown
}

/**
 * The bytes of a JSON object with top-level fields replaced, or added at its end; every other byte is kept. The object
 * must have passed a scan, and each field may be named once.
 */
export function spliceFields(bytes: Buffer, edits: readonly FieldEdit[]): Buffer {
  const pieces: Buffer[] = []
  let kept = 0
  for (const { range, value } of edits.filter(edit => edit.range !== undefined).sort(byStart)) {
    const json = JSON.stringify(value)
    if (json === undefined || range === undefined) continue
    pieces.push(bytes.subarray(kept, range.start), Buffer.from(json))
    kept = range.end
  }
  const added = additions(edits)
  if (added.length > 0) {
    const end = endOfMembers(bytes)
    const comma = bytes[end - 1] === 0x7b ? '' : ','
    pieces.push(bytes.subarray(kept, end), Buffer.from(comma + added.join(',')))
    kept = end
  }
  if (pieces.length === 0) return bytes
  pieces.push(bytes.subarray(kept))
  return Buffer.concat(pieces)
}

function byStart(a: FieldEdit, b: FieldEdit): number {
  return (a.range?.start ?? 0) - (b.range?.start ?? 0)
}

function additions(edits: readonly FieldEdit[]): string[] {
  const members: string[] = []
  for (const { field, range, value } of edits) {
    const json = range === undefined ? JSON.stringify(value) : undefined
    if (json !== undefined) members.push(`${JSON.stringify(field)}:${json}`)
  }
  return members
}

// After the last member, or after the opening brace of an empty object; whitespace before the closing brace stays there.
function endOfMembers(bytes: Buffer): number {
  let end = bytes.lastIndexOf(0x7d)
  while (isSpace(bytes[end - 1])) end--
  return end
}
