import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it reached a provider. */
export interface ReceivedRequest {
  /** The provider's name in the config. */
  readonly provider: string
  readonly method: string
  /** Path and query. */
  readonly path: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  /** Names and values in turn, as they were written. */
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  json(): unknown
}

/** What a scripted provider answers. */
export interface UpstreamAnswer {
  /** Default 200. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** A whole body: text, bytes, or a JSON value. */
  readonly body?: string | Uint8Array | object
  /** Or a stream, piece by piece. Default content type: an event stream. */
  readonly stream?: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>
}

/** Plays a provider. To misbehave, return nothing and use the response itself. */
export type Upstream = (
  request: ReceivedRequest,
  response: ServerResponse,
) => UpstreamAnswer | undefined | Promise<UpstreamAnswer | undefined>

/** One provider on a loopback port. */
export class UpstreamServer {
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(provider: string, play: Upstream, received: ReceivedRequest[]): Promise<UpstreamServer> {
    const server = createServer((message, response) => {
      // The gateway may leave in the middle: that is the gateway's business, and the test's.
      serve(message, response).catch(() => response.destroy())
    })
    const serve = async (message: IncomingMessage, response: ServerResponse) => {
      const request = await receive(provider, message)
      received.push(request)
      const answer = await play(request, response)
      if (answer) await send(response, answer)
    }
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new UpstreamServer(server)
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}

async function receive(provider: string, message: IncomingMessage): Promise<ReceivedRequest> {
  const parts: Buffer[] = []
  for await (const part of message) parts.push(part as Buffer)
  const body = Buffer.concat(parts)
  const { method = '', url = '', rawHeaders } = message
  const entries = Object.entries(message.headers).map(([name, value]) => [name, [value].flat().join(', ')])
  const headers = Object.fromEntries(entries) as Record<string, string>
  return { provider, method, path: url, headers, rawHeaders, body, json: () => JSON.parse(body.toString()) as unknown }
}

async function send(response: ServerResponse, { status = 200, headers, body, stream }: UpstreamAnswer): Promise<void> {
  if (stream) {
    response.writeHead(status, { 'content-type': 'text/event-stream', ...headers })
    for await (const piece of stream) if (!response.write(piece)) await once(response, 'drain')
    response.end()
    return
  }
  const isPlain = body === undefined || typeof body === 'string' || body instanceof Uint8Array
  const bytes = Buffer.from(isPlain ? (body ?? '') : JSON.stringify(body))
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length, ...headers })
  response.end(bytes)
}
