/** A header as it stood on the wire: its own case, its own place. */
export type HeaderLine = readonly [name: string, value: string]

/** How a body's end is marked. `close`: by the end of the connection. */
export type Framing =
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'close' }

export interface MessageHead {
  readonly startLine: string
  readonly headers: readonly HeaderLine[]
  readonly raw: Buffer
}

export interface MessageHandler {
  /** Says how the body that follows is framed; null for a message without any (an informational response). */
  head(head: MessageHead): Framing | null
  body(bytes: Buffer): void
  end(trailers: readonly HeaderLine[]): void
}

const EMPTY = Buffer.alloc(0)

/** Reads HTTP/1.1 messages from a connection piece by piece, keeping every byte of the head as it came. */
export class MessageReader {
  #state: 'head' | 'length' | 'size' | 'chunk' | 'chunk-end' | 'trailers' | 'close' = 'head'
  #pending: Buffer = EMPTY
  #left = 0
  readonly #handler: MessageHandler

  constructor(handler: MessageHandler) {
    this.#handler = handler
  }

  /** Whether the end of the connection is a proper end for the message being read. */
  get endsWithConnection(): boolean {
    return this.#state === 'close'
  }

  /** Throws on bytes that are not HTTP. */
  push(bytes: Buffer): void {
    let rest = bytes
    while (rest.length > 0) rest = this.#consume(rest)
  }

  #consume(bytes: Buffer): Buffer {
    if (this.#state === 'close') {
      this.#handler.body(bytes)
      return EMPTY
    }
    if (this.#state === 'length' || this.#state === 'chunk') return this.#consumeBody(bytes)
    const isBlock = this.#state === 'head' || this.#state === 'trailers'
    const joined = this.#pending.length > 0 ? Buffer.concat([this.#pending, bytes]) : bytes
    // Trailers may be empty: the block is then a lone CRLF.
    const isBlank = this.#state === 'trailers' && joined.length >= 2 && joined[0] === 13 && joined[1] === 10
    const end = isBlank ? 0 : joined.indexOf(isBlock ? '\r\n\r\n' : '\r\n')
    if (end < 0) {
      this.#pending = joined
      return EMPTY
    }
    this.#pending = EMPTY
    this.#line(joined.subarray(0, end))
    return joined.subarray(end + (isBlock && !isBlank ? 4 : 2))
  }

  #consumeBody(bytes: Buffer): Buffer {
    const taken = bytes.subarray(0, this.#left)
    this.#left -= taken.length
    this.#handler.body(taken)
    if (this.#left === 0) {
      if (this.#state === 'chunk') this.#state = 'chunk-end'
      else this.#finish([])
    }
    return bytes.subarray(taken.length)
  }

  #line(line: Buffer): void {
    if (this.#state === 'head') this.#head(line)
    else if (this.#state === 'trailers') this.#finish(parseHeaders(line.toString('latin1').split('\r\n')))
    else if (this.#state === 'size') this.#size(line)
    else if (line.length > 0) throw new Error('a chunk is longer than its size says')
    else this.#state = 'size'
  }

  #size(line: Buffer): void {
    const size = /^([0-9a-f]+)(?:;.*)?$/i.exec(line.toString('latin1'))?.[1]
    if (size === undefined) throw new Error(`not a chunk size: ${line.toString('latin1').slice(0, 40)}`)
    this.#left = Number.parseInt(size, 16)
    this.#state = this.#left === 0 ? 'trailers' : 'chunk'
  }

  #head(raw: Buffer): void {
    const [startLine = '', ...lines] = raw.toString('latin1').split('\r\n')
    const framing = this.#handler.head({ startLine, headers: parseHeaders(lines), raw })
    if (framing === null) return
    if (framing.kind === 'chunked') this.#state = 'size'
    else if (framing.kind === 'close') this.#state = 'close'
    else if (framing.length === 0) this.#finish([])
    else {
      this.#left = framing.length
      this.#state = 'length'
    }
  }

  #finish(trailers: readonly HeaderLine[]): void {
    this.#state = 'head'
    this.#handler.end(trailers)
  }
}

function parseHeaders(lines: readonly string[]): HeaderLine[] {
  return lines
    .filter(line => line !== '')
    .map(line => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')] as const
    })
}

/** The first value of a header, whatever its case. */
export function headerOf(headers: readonly HeaderLine[], name: string): string | undefined {
  return headers.find(([key]) => key.toLowerCase() === name)?.[1]
}

const HOP_BY_HOP = new Set(
  'connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding upgrade expect host content-length'.split(
    ' ',
  ),
)

/** The headers a gateway has to pass on, in order, in their own case: all but framing, `host` and the hop-by-hop ones. */
export function endToEnd(headers: readonly HeaderLine[]): HeaderLine[] {
  return headers.filter(([name]) => !HOP_BY_HOP.has(name.toLowerCase()))
}

/** The bytes of a head. */
export function formatHead(startLine: string, headers: readonly HeaderLine[]): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`${startLine}\r\n${lines.join('')}\r\n`, 'latin1')
}

/** One chunk of a chunked body; the empty one ends it. */
export function formatChunk(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
}
