import { lower } from '../upstream/headers.ts'

/**
 * The few request headers the core itself looks at, read in one pass over the raw list. Node's `headers` object would
 * hold them too, but is made only when asked for, and making it costs as much as everything the core does with them.
 */
export class IncomingHeaders {
  host: string | undefined
  origin: string | undefined
  contentType: string | undefined
  contentLength: number | undefined
  contentEncoding: string | undefined
  upgrade: string | undefined
  isChunked = false
  /** Of names and values together. */
  characters = 0
  readonly count: number

  constructor(raw: readonly string[]) {
    this.count = raw.length / 2
    for (let i = 0; i < raw.length; i += 2) {
      const name = raw[i]!
      const value = raw[i + 1]!
      this.characters += name.length + value.length
      if (!LENGTHS.has(name.length)) continue
      switch (lower(name)) {
        // Of a header that may come only once Node's parser keeps the first.
        case 'host':
          this.host ??= value
          break
        case 'origin':
          this.origin ??= value
          break
        case 'content-type':
          this.contentType ??= value
          break
        case 'content-length':
          this.contentLength ??= Number(value)
          break
        case 'content-encoding':
          this.contentEncoding = this.contentEncoding === undefined ? value : `${this.contentEncoding}, ${value}`
          break
        case 'upgrade':
          this.upgrade ??= value.toLowerCase()
          break
        case 'transfer-encoding':
          this.isChunked = true
          break
      }
    }
  }
}

const KNOWN = ['host', 'origin', 'content-type', 'content-length', 'content-encoding', 'upgrade', 'transfer-encoding']
const LENGTHS = new Set(KNOWN.map(name => name.length))
