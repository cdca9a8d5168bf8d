import { asBuffer } from '../body/accumulator.ts'
import { skipSpace } from '../body/json-skip.ts'
import type { Chunk } from '../chunk.ts'

const OPEN = 0x5b
const COMMA = 0x2c
const CLOSE = 0x5d

/**
 * Puts the elements of a JSON-array stream together again after some were dropped or split: each chunk's bytes in turn,
 * with `[` or `,` before an element as its new place demands. The bytes of chunks nobody touched come out as they went in.
 */
export function createArrayJoiner(): (chunk: Chunk) => Uint8Array {
  let isOpen = false
  let isEmpty = true
  return ({ kind, raw }) => {
    if (kind !== 'element') return raw
    const bytes = asBuffer(raw)
    const at = skipSpace(bytes, 0)
    const found = bytes[at]
    if (found === CLOSE) return isOpen ? raw : Buffer.concat([Buffer.from('['), bytes])
    if (found !== OPEN && found !== COMMA) return raw
    const rest = skipSpace(bytes, at + 1)
    const hasElement = rest < bytes.length && bytes[rest] !== CLOSE
    const separator = separatorFor(isOpen, isEmpty)
    isOpen = true
    if (hasElement) isEmpty = false
    if (separator === found || !hasElement) return raw
    const start = separator === undefined ? at + 1 : at
    const changed = Buffer.from(bytes.subarray(start))
    if (separator !== undefined) changed[0] = separator
    return at === 0 ? changed : Buffer.concat([bytes.subarray(0, at), changed])
  }
}

function separatorFor(isOpen: boolean, isEmpty: boolean): number | undefined {
  if (!isOpen) return OPEN
  return isEmpty ? undefined : COMMA
}
