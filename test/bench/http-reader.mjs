const LENGTH = /\r\ncontent-length: *(\d+)/i
const CHUNKED = /\r\ntransfer-encoding: *chunked/i
const HEAD = 0
const LENGTH_BODY = 1
const CHUNK_SIZE = 2
const CHUNK_DATA = 3
const CHUNK_END = 4
const TRAILER = 5

/**
 * Cuts one direction of an HTTP/1.1 connection into messages: `head(text)`, `body(buffer, start, end)`, `end()`. Strict where
 * a benchmark needs it (framing errors throw) and nowhere else; a message without length or chunking has no body.
 */
export class HttpReader {
  constructor(on) {
    this.on = on
    this.state = HEAD
    this.kept = null
    this.left = 0
    this.size = ''
  }

  push(buffer, length = buffer.length) {
    let at = 0
    while (at < length) {
      if (this.state === HEAD) at = this.#head(buffer, at, length)
      else if (this.state === LENGTH_BODY || this.state === CHUNK_DATA) at = this.#data(buffer, at, length)
      else at = this.#framing(buffer, at)
    }
  }

  #head(buffer, at, length) {
    const fresh = buffer.subarray(at, length)
    const bytes = this.kept === null ? fresh : Buffer.concat([this.kept, fresh])
    const end = bytes.indexOf('\r\n\r\n')
    if (end < 0) {
      this.kept = Buffer.from(bytes)
      return length
    }
    const consumed = end + 4 - (this.kept === null ? 0 : this.kept.length)
    this.kept = null
    const head = bytes.latin1Slice(0, end)
    const declared = LENGTH.exec(head)
    this.left = declared === null ? 0 : Number(declared[1])
    this.state = declared !== null ? LENGTH_BODY : CHUNKED.test(head) ? CHUNK_SIZE : HEAD
    this.on.head(head)
    if (this.state === HEAD || (this.state === LENGTH_BODY && this.left === 0)) this.#end()
    return at + consumed
  }

  #data(buffer, at, length) {
    const end = Math.min(length, at + this.left)
    this.left -= end - at
    this.on.body(buffer, at, end)
    if (this.left > 0) return end
    if (this.state === LENGTH_BODY) this.#end()
    else this.state = CHUNK_END
    return end
  }

  // One byte of chunk framing: a size line, the CRLF after a chunk, or the empty line after the last one.
  #framing(buffer, at) {
    const byte = buffer[at]
    if (this.state === CHUNK_SIZE && byte !== 10) {
      if (byte !== 13) this.size += String.fromCharCode(byte)
    } else if (this.state === CHUNK_SIZE) {
      this.left = Number.parseInt(this.size, 16)
      if (Number.isNaN(this.left)) throw new Error(`"${this.size}" is not a chunk size`)
      this.size = ''
      this.state = this.left === 0 ? TRAILER : CHUNK_DATA
    } else if (byte === 10) {
      if (this.state === CHUNK_END) this.state = CHUNK_SIZE
      else this.#end()
    } else if (byte !== 13) throw new Error(`byte ${byte} where a line should end`)
    return at + 1
  }

  #end() {
    this.state = HEAD
    this.on.end()
  }
}
