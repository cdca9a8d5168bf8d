export interface UnzstdOptions {
  /** In bytes; where more come of it, it throws with Node's code for that, ERR_BUFFER_TOO_LARGE. Default: any number. */
  readonly most?: number
  /** Takes what broke off as far as it goes. */
  readonly isCutRead?: boolean
}

/** Undoes zstd. Throws for what is none, or is broken from the start. */
export type Unzstd = (bytes: Buffer, options?: UnzstdOptions) => Buffer

/** The zstd (RFC 8878) of a Node that has none of its own (before 22.15), in JavaScript; of any number of frames. */
export async function loadUnzstd(): Promise<Unzstd> {
  const { Decompress } = await import('fzstd')
  return (bytes, { most = Number.POSITIVE_INFINITY, isCutRead = false } = {}) => {
    checkWindows(bytes)
    const parts: Uint8Array[] = []
    let length = 0
    const decoder = new Decompress(part => {
      length += part.length
      if (length > most) throw Object.assign(new RangeError('too large'), { code: 'ERR_BUFFER_TOO_LARGE' })
      parts.push(part)
    })
    try {
      decoder.push(bytes, true)
    } catch (error) {
      if (!isCutRead || parts.length === 0 || length > most) throw error
    }
    return Buffer.concat(parts)
  }
}

const MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])
/** In bytes; as zstd's own decoder. The window is memory that a few bytes can ask for. */
const MAX_WINDOW = 128 * 1024 * 1024

function checkWindows(bytes: Buffer): void {
  for (let at = bytes.indexOf(MAGIC); at >= 0; at = bytes.indexOf(MAGIC, at + 1)) {
    if (windowAt(bytes, at) > MAX_WINDOW) throw new Error('the zstd window is too large')
  }
}

/** The window that a frame wants, by its header (RFC 8878, 3.1.1.1). */
function windowAt(bytes: Buffer, at: number): number {
  const [descriptor = 0, byte = 0] = bytes.subarray(at + 4)
  const isSingleSegment = (descriptor & 0x20) !== 0
  if (!isSingleSegment) return 2 ** (10 + (byte >> 3)) * (1 + (byte & 7) / 8)
  const dictionary = [0, 1, 2, 4][descriptor & 3]!
  const start = at + 5 + dictionary
  if (start + 8 > bytes.length) return 0
  switch (descriptor >> 6) {
    case 2:
      return bytes.readUInt32LE(start)
    case 3:
      return Number(bytes.readBigUInt64LE(start))
  }
  return 0
}
