import { createServer, type Server, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { type HeaderLine, headerOf, type MessageHead, MessageReader } from './http-message.ts'
import { listenOnFreePort } from './listen.ts'
import { Wire } from './wire.ts'

/** One request as the upstream received it, byte for byte. */
export interface ReceivedRequest {
  readonly requestLine: string
  readonly method: string
  /** Path and query, as they stood in the request line. */
  readonly target: string
  readonly headers: readonly HeaderLine[]
  readonly rawHead: Buffer
  /** What has arrived of the body; all of it once `complete` has resolved. */
  body(): Buffer
  readonly complete: Promise<void>
  /** Resolves with `performance.now()` when the peer left before the answer had been sent. */
  readonly aborted: Promise<number>
  /** The same instant once it has come, and undefined before. */
  abortedAt: number | undefined
  /** Which connection it came on, counting from 1. */
  readonly connection: number
}

/** Plays the provider. Called when a request's head has arrived; the answer is over when it returns. */
export type Script = (request: ReceivedRequest, wire: Wire) => void | Promise<void>

export interface Upstream {
  readonly url: string
  readonly port: number
  readonly requests: ReceivedRequest[]
  /** Connections accepted so far and open now, and requests whose answer is under way. */
  connections(): { accepted: number; open: number; busy: number }
  /** What the next requests meet. */
  script: Script
  /** Resolves with the next request that comes in; rejects when none does for a while. */
  nextRequest(): Promise<ReceivedRequest>
  close(): Promise<void>
}

/** How long a test waits for a request, in milliseconds. */
const PATIENCE = 5_000

/** A scripted HTTP/1.1 provider on raw sockets: it can send anything at all, and records exactly what it was sent. */
export async function startUpstream(script: Script): Promise<Upstream> {
  const sockets = new Set<Socket>()
  const waiting: ((request: ReceivedRequest) => void)[] = []
  let accepted = 0
  let busy = 0
  const server: Server = createServer({ noDelay: true }, socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    serve(socket, ++accepted, {
      arrived(request) {
        upstream.requests.push(request)
        for (const resolve of waiting.splice(0)) resolve(request)
      },
      async play(request, wire) {
        busy++
        try {
          await upstream.script(request, wire)
        } finally {
          busy--
        }
      },
    })
  })
  const port = await listenOnFreePort(server)
  const upstream: Upstream = {
    url: `http://127.0.0.1:${port}`,
    port,
    requests: [],
    connections: () => ({ accepted, open: sockets.size, busy }),
    script,
    nextRequest() {
      const next = new Promise<ReceivedRequest>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error('no request has reached the upstream')), PATIENCE)
        waiting.push(request => {
          clearTimeout(timer)
          resolve(request)
        })
      })
      // A test that fails before it looks must not end the whole run.
      next.catch(() => {})
      return next
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
  return upstream
}

interface Stage {
  arrived(request: ReceivedRequest): void
  play(request: ReceivedRequest, wire: Wire): Promise<void>
}

function serve(socket: Socket, connection: number, stage: Stage): void {
  const queue: Incoming[] = []
  let reading: Incoming | undefined
  let isServing = false
  const next = async (): Promise<void> => {
    if (isServing) return
    isServing = true
    for (let incoming = queue[0]; incoming; incoming = queue[0]) {
      await stage.play(incoming.request, new Wire(socket))
      incoming.isAnswered = true
      queue.shift()
    }
    isServing = false
  }
  const left = (): void => {
    for (const incoming of queue) if (!incoming.isAnswered) incoming.abort(performance.now())
  }
  const reader = new MessageReader({
    head(head) {
      reading = new Incoming(head, connection)
      queue.push(reading)
      stage.arrived(reading.request)
      next().catch(error => socket.destroy(error instanceof Error ? error : new Error(String(error))))
      return framingOf(head)
    },
    body: bytes => reading?.chunks.push(Buffer.from(bytes)),
    end: () => reading?.completed(),
  })
  socket.on('data', bytes => reader.push(bytes))
  socket.on('end', left)
  socket.on('close', left)
  socket.on('error', left)
}

class Incoming {
  readonly chunks: Buffer[] = []
  readonly request: ReceivedRequest
  isAnswered = false
  completed: () => void = () => {}
  abort: (at: number) => void = () => {}

  constructor(head: MessageHead, connection: number) {
    const [method = '', target = ''] = head.startLine.split(' ')
    const aborted = new Promise<number>(resolve => {
      this.abort = at => {
        this.request.abortedAt ??= at
        resolve(at)
      }
    })
    this.request = {
      requestLine: head.startLine,
      method,
      target,
      headers: head.headers,
      rawHead: head.raw,
      body: () => Buffer.concat(this.chunks),
      complete: new Promise(resolve => {
        this.completed = resolve
      }),
      aborted,
      abortedAt: undefined,
      connection,
    }
  }
}

function framingOf(head: MessageHead): { kind: 'length'; length: number } | { kind: 'chunked' } {
  if (headerOf(head.headers, 'transfer-encoding')?.toLowerCase() === 'chunked') return { kind: 'chunked' }
  return { kind: 'length', length: Number(headerOf(head.headers, 'content-length') ?? 0) }
}
