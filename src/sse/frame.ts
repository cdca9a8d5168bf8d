import { LineEnds } from './line-ends.ts'

const COLON = 0x3a
const SPACE = 0x20

/** One event of a stream as it came, with the blank line that ends it. Its fields are read when first asked for. */
export class SseFrame {
  /** Every byte of it, framing included. */
  readonly raw: Buffer
  readonly #isFirst: boolean
  #isParsed = false
  #event: string | undefined
  #id: string | undefined
  #retry: number | undefined
  #data: string | undefined

  /** The first frame of a stream may open with a byte order mark. */
  constructor(raw: Buffer, isFirst = false) {
    this.raw = raw
    this.#isFirst = isFirst
  }

  /** The event's name; undefined where it has none or an empty one. */
  get event(): string | undefined {
    this.#parse()
    return this.#event || undefined
  }

  /** The data lines, joined by line feeds. Empty where there are none. */
  get data(): string {
    this.#parse()
    return this.#data ?? ''
  }

  get id(): string | undefined {
    this.#parse()
    return this.#id
  }

  /** The pause before a reconnect, in milliseconds. */
  get retry(): number | undefined {
    this.#parse()
    return this.#retry
  }

  /** Whether it has a data line. Without one (a comment, a stray blank line) a client dispatches no event. */
  get hasData(): boolean {
    this.#parse()
    return this.#data !== undefined
  }

  #parse(): void {
    if (this.#isParsed) return
    this.#isParsed = true
    const lines = new LineEnds(this.raw)
    let at = this.#isFirst && startsWithMark(this.raw) ? 3 : 0
    while (at < this.raw.length) {
      const end = lines.next(at)
      // Empty lines are the end of the frame, or the second half of a CRLF.
      if (end > at) this.#readLine(at, end)
      at = end + 1
    }
  }

  #readLine(start: number, end: number): void {
    let colon = start
    while (colon < end && this.raw[colon] !== COLON) colon++
    const value = this.raw[colon + 1] === SPACE ? colon + 2 : colon + 1
    const text = value < end ? this.raw.toString('utf8', value, end) : ''
    if (isName(this.raw, start, colon, 'data')) this.#data = this.#data === undefined ? text : `${this.#data}\n${text}`
    else if (isName(this.raw, start, colon, 'event')) this.#event = text
    else if (isName(this.raw, start, colon, 'id')) this.#id = text.includes('\0') ? this.#id : text
    else if (isName(this.raw, start, colon, 'retry') && /^[0-9]+$/.test(text)) this.#retry = Number(text)
  }
}

function isName(bytes: Buffer, start: number, end: number, name: string): boolean {
  if (end - start !== name.length) return false
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name.charCodeAt(i)) return false
  return true
}

function startsWithMark(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
}
