import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { formatChunk, formatHead, type HeaderLine, headerOf, type MessageHead, MessageReader } from './http-message.ts'

/** How a response ended. `cut`: the connection closed before its end; `reset`: it was broken; `aborted`: we left. */
export type Ending = 'length' | 'chunked' | 'close' | 'cut' | 'reset' | 'aborted'

export interface RawResponse {
  readonly status: number
  readonly reason: string
  readonly headers: readonly HeaderLine[]
  readonly trailers: readonly HeaderLine[]
  readonly body: Buffer
  readonly ending: Ending
  /** Informational responses before it, as status lines. */
  readonly informational: readonly string[]
}

export interface RawRequest {
  readonly method?: string
  readonly target: string
  /** Sent as given. `Host` is put first and the framing header last, unless they are here. */
  readonly headers?: readonly HeaderLine[]
  readonly body?: string | Uint8Array
  /** The body in chunks, instead of by its length. */
  readonly chunks?: readonly Uint8Array[]
}

/** Whether the client can tell that the response is whole. */
export function isCleanEnd(response: RawResponse): boolean {
  return response.ending === 'length' || response.ending === 'chunked' || response.ending === 'close'
}

/** One connection that sends bytes as given and reads responses one after another. */
export class RawConnection {
  readonly socket: Socket
  readonly port: number
  #response: PendingResponse | undefined

  private constructor(socket: Socket, port: number) {
    this.socket = socket
    this.port = port
  }

  static open(port: number, options: { highWaterMark?: number } = {}): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true, ...options })
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        const connection = new RawConnection(socket, port)
        connection.#listen()
        resolve(connection)
      })
    })
  }

  /** Sends a well-formed request and reads its response. */
  request(request: RawRequest): Promise<RawResponse> {
    return this.begin(request).done
  }

  /** Sends a well-formed request; its response is there to be watched. */
  begin(request: RawRequest): PendingResponse {
    const pending = this.expect(request.method ?? 'GET')
    this.send(formatRequest(this.port, request))
    return pending
  }

  /** Sends bytes as they are. */
  send(bytes: string | Uint8Array): void {
    this.socket.write(bytes)
  }

  /** Says that a response is to come; `method` decides whether it has a body. */
  expect(method: string): PendingResponse {
    this.#response = new PendingResponse(method)
    return this.#response
  }

  /** Leaves, in order (FIN) or by breaking the connection (RST). Returns the instant. */
  abort(how: 'close' | 'reset'): number {
    const at = performance.now()
    this.#response?.finish('aborted')
    if (how === 'reset') this.socket.resetAndDestroy()
    else this.socket.destroy()
    return at
  }

  close(): void {
    this.socket.destroy()
  }

  #listen(): void {
    const reader = new MessageReader({
      head: head => (this.#response ? this.#response.head(head) : { kind: 'close' }),
      body: bytes => this.#response?.bytes(bytes),
      end: trailers => this.#response?.ended(trailers),
    })
    let broke: Ending = 'cut'
    this.socket.on('data', bytes => reader.push(bytes))
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET') broke = 'reset'
    })
    this.socket.on('close', () =>
      this.#response?.finish(reader.endsWithConnection && broke === 'cut' ? 'close' : broke),
    )
  }
}

/** A response being read. */
export class PendingResponse {
  readonly #method: string
  readonly #chunks: Buffer[] = []
  readonly #informational: string[] = []
  #head: MessageHead | undefined
  #clean: Ending = 'length'
  #isDone = false
  #resolve: (response: RawResponse) => void = () => {}
  #headArrived: (head: MessageHead) => void = () => {}
  /** Sees the body as it arrives; without it the bytes are kept. */
  onBody: ((bytes: Buffer) => void) | undefined
  readonly done = new Promise<RawResponse>(resolve => {
    this.#resolve = resolve
  })
  readonly headArrived = new Promise<MessageHead>(resolve => {
    this.#headArrived = resolve
  })

  constructor(method: string) {
    this.#method = method
  }

  head(head: MessageHead): ReturnType<ConstructorParameters<typeof MessageReader>[0]['head']> {
    const status = statusOf(head)
    if (status < 200) {
      this.#informational.push(head.startLine)
      return null
    }
    this.#head = head
    this.#headArrived(head)
    if (this.#method === 'HEAD' || status === 204 || status === 304) return { kind: 'length', length: 0 }
    if (headerOf(head.headers, 'transfer-encoding')?.toLowerCase() === 'chunked') {
      this.#clean = 'chunked'
      return { kind: 'chunked' }
    }
    const length = headerOf(head.headers, 'content-length')
    return length === undefined ? { kind: 'close' } : { kind: 'length', length: Number(length) }
  }

  bytes(bytes: Buffer): void {
    if (this.onBody) this.onBody(bytes)
    else this.#chunks.push(Buffer.from(bytes))
  }

  ended(trailers: readonly HeaderLine[]): void {
    this.finish(this.#clean, trailers)
  }

  finish(ending: Ending, trailers: readonly HeaderLine[] = []): void {
    if (this.#isDone) return
    this.#isDone = true
    const head = this.#head
    this.#resolve({
      status: head ? statusOf(head) : 0,
      reason: head?.startLine.split(' ').slice(2).join(' ') ?? '',
      headers: head?.headers ?? [],
      trailers,
      body: Buffer.concat(this.#chunks),
      ending,
      informational: this.#informational,
    })
  }
}

/** One request on a connection of its own. */
export async function send(port: number, request: RawRequest): Promise<RawResponse> {
  const connection = await RawConnection.open(port)
  const response = await connection.request(request)
  connection.close()
  return response
}

/** Sends raw bytes on a connection of its own and reads one response. */
export async function sendBytes(port: number, bytes: string | Uint8Array, method = 'POST'): Promise<RawResponse> {
  const connection = await RawConnection.open(port)
  const pending = connection.expect(method)
  connection.send(bytes)
  const response = await pending.done
  connection.close()
  return response
}

/** The bytes of a well-formed request. */
export function formatRequest(port: number, request: RawRequest): Buffer {
  const headers = [...(request.headers ?? [])]
  const body = request.chunks ? undefined : Buffer.from(request.body ?? '')
  if (headerOf(headers, 'host') === undefined) headers.unshift(['Host', `127.0.0.1:${port}`])
  if (request.chunks) headers.push(['Transfer-Encoding', 'chunked'])
  else if (body && request.body !== undefined) headers.push(['Content-Length', String(body.length)])
  const head = formatHead(`${request.method ?? 'GET'} ${request.target} HTTP/1.1`, headers)
  if (!request.chunks) return Buffer.concat([head, body ?? Buffer.alloc(0)])
  return Buffer.concat([head, ...request.chunks.map(formatChunk), formatHead('0', [])])
}

function statusOf(head: MessageHead): number {
  return Number(head.startLine.split(' ')[1] ?? 0)
}
