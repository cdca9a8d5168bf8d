const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPENING = 0x7b
const CLOSING = 0x7d

// Up to this length a byte loop beats the call into native code that Buffer.indexOf costs: for a whole string, and for what
// follows an escaped quote in a long one (measured on coding-agent bodies).
const SHORT = 12
const SHORT_REST = 8

/** Why and where bytes are not JSON. */
export class Malformed extends Error {
  readonly at: number

  constructor(at: number, reason: string) {
    super(reason)
    this.at = at
  }
}

/** The first index at or after `from` that is not JSON whitespace. */
export function skipSpace(bytes: Buffer, from: number): number {
  let at = from
  while (at < bytes.length && isSpace(bytes[at])) at++
  return at
}

/** Whether a byte is one of the four that JSON takes for whitespace. */
export function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

/** The index of the quote that closes a string, given any index inside it that no backslash escapes; -1 when none does. */
export function closingQuote(bytes: Buffer, from: number): number {
  let at = from
  for (let short = SHORT; ; short = SHORT_REST) {
    const limit = Math.min(at + short, bytes.length)
    while (at < limit) {
      const byte = bytes[at]
      if (byte === QUOTE) return at
      at += byte === BACKSLASH ? 2 : 1
    }
    const quote = bytes.indexOf(QUOTE, at)
    if (quote < 0) return -1
    // Counting stops at `at`, so that no run of backslashes is ever counted twice.
    if (!isEscaped(bytes, at, quote)) return quote
    at = quote + 1
  }
}

/** Whether an odd number of backslashes, not counting any before `from`, comes before `at`. */
export function isEscaped(bytes: Buffer, from: number, at: number): boolean {
  let before = at - 1
  while (before >= from && bytes[before] === BACKSLASH) before--
  return (at - before) % 2 === 0
}

/** The index after the string that starts at `start`. */
export function skipString(bytes: Buffer, start: number): number {
  const quote = closingQuote(bytes, start + 1)
  if (quote < 0) throw new Malformed(start, 'unterminated string')
  return quote + 1
}

/** The index after the object or array that starts at `start`. Checks brackets and strings, and nothing between them. */
export function skipNested(bytes: Buffer, start: number): number {
  // One bit for each open bracket, set for an object; full words go to `outer`, so depth costs neither stack nor much memory.
  const outer: number[] = []
  let open = 0
  let depth = 0
  let at = start
  while (at < bytes.length) {
    const byte = bytes[at] as number
    if (byte === QUOTE) {
      at = skipString(bytes, at)
      continue
    }
    // Bit 5 is all that tells a brace from a bracket.
    const bracket = byte | 0x20
    if (bracket === OPENING) {
      if (depth > 0 && depth % 32 === 0) outer.push(open)
      open = (open << 1) | ((byte >> 5) & 1)
      depth++
    } else if (bracket === CLOSING) {
      if ((open & 1) !== ((byte >> 5) & 1)) throw new Malformed(at, 'bracket that closes nothing')
      open >>>= 1
      depth--
      if (depth === 0) return at + 1
      if (depth % 32 === 0) open = outer.pop() as number
    }
    at++
  }
  throw new Malformed(start, bytes[start] === OPENING ? 'unterminated object' : 'unterminated array')
}

/** The index after the number that starts at `start`. */
export function skipNumber(bytes: Buffer, start: number): number {
  let at = bytes[start] === 0x2d ? start + 1 : start
  at = bytes[at] === 0x30 ? at + 1 : skipDigits(bytes, at)
  if (bytes[at] === 0x2e) at = skipDigits(bytes, at + 1)
  if (bytes[at] === 0x65 || bytes[at] === 0x45) {
    at++
    if (bytes[at] === 0x2b || bytes[at] === 0x2d) at++
    at = skipDigits(bytes, at)
  }
  return at
}

function skipDigits(bytes: Buffer, from: number): number {
  let at = from
  while (at < bytes.length && (bytes[at] as number) >= 0x30 && (bytes[at] as number) <= 0x39) at++
  if (at === from) throw new Malformed(at, at < bytes.length ? 'invalid number' : 'unexpected end')
  return at
}
