import type { Socket } from 'node:net'
import { formatChunk, formatHead, type HeaderLine } from './http-message.ts'

export interface Answer {
  readonly status?: number
  readonly reason?: string
  readonly headers?: readonly HeaderLine[]
  readonly body?: string | Uint8Array
  /** How the body's end is marked; `none` sends head and body as they are. Default `length`. */
  readonly framing?: 'length' | 'chunked' | 'close' | 'none'
  /** The body cut up: each piece is a write of its own (and a chunk of its own when chunked). */
  readonly pieces?: readonly Uint8Array[]
  readonly trailers?: readonly HeaderLine[]
}

/** The upstream's end of a connection: sends any bytes, well formed or not. */
export class Wire {
  readonly socket: Socket

  constructor(socket: Socket) {
    this.socket = socket
  }

  /** Sends bytes as they are, and waits until the kernel has taken them. Resolves with false once the peer is gone. */
  write(bytes: string | Uint8Array): Promise<boolean> {
    const { socket } = this
    if (socket.destroyed || !socket.writable) return Promise.resolve(false)
    return new Promise(resolve => {
      const gone = (): void => resolve(false)
      socket.once('close', gone)
      socket.write(bytes, error => {
        socket.off('close', gone)
        resolve(!error)
      })
    })
  }

  /** Sends a response head. */
  head(status: number, headers: readonly HeaderLine[], reason = 'OK'): Promise<boolean> {
    return this.write(formatHead(`HTTP/1.1 ${status} ${reason}`, headers))
  }

  /** Sends one chunk of a chunked body. */
  chunk(bytes: string | Uint8Array): Promise<boolean> {
    return this.write(formatChunk(Buffer.from(bytes)))
  }

  /** Ends a chunked body. */
  endChunks(trailers: readonly HeaderLine[] = []): Promise<boolean> {
    return this.write(formatHead('0', trailers))
  }

  /** Sends a whole response. */
  async answer(answer: Answer): Promise<void> {
    const body = Buffer.from(answer.body ?? '')
    const pieces = answer.pieces ?? (body.length > 0 ? [body] : [])
    const framing = answer.framing ?? 'length'
    const headers = [...(answer.headers ?? [])]
    if (framing === 'length') headers.push(['Content-Length', String(pieces.reduce((sum, p) => sum + p.length, 0))])
    if (framing === 'chunked') headers.push(['Transfer-Encoding', 'chunked'])
    if (framing === 'close') headers.push(['Connection', 'close'])
    // Head and first piece leave together, as most servers send them.
    const frame = framing === 'chunked' ? formatChunk : Buffer.from
    const first = pieces[0] ? frame(pieces[0]) : Buffer.alloc(0)
    await this.write(
      Buffer.concat([formatHead(`HTTP/1.1 ${answer.status ?? 200} ${answer.reason ?? 'OK'}`, headers), first]),
    )
    for (const piece of pieces.slice(1)) if (!(await this.write(frame(piece)))) return
    if (framing === 'chunked') await this.endChunks(answer.trailers)
    if (framing === 'close') this.socket.end()
  }

  /** Closes in order (FIN), wherever the answer stands. */
  close(): void {
    this.socket.end()
  }

  /** Breaks the connection (RST). */
  reset(): void {
    this.socket.resetAndDestroy()
  }
}
