import { STATUS_CODES } from 'node:http'
import { pipeline, Readable } from 'node:stream'
import type { ErrorView } from '../dialect.ts'
import type { GatewayError } from '../errors.ts'
import type { Reply, ResponseHead } from '../exchange.ts'
import type { WireError } from '../neutral/codec.ts'
import { isCalled, lower, setHeaders } from '../upstream/headers.ts'
import type { ServedExchange } from './exchange.ts'

export const REQUEST_ID = 'x-lunaroute-request-id'
export const ERROR_SOURCE = 'x-lunaroute-error-source'

/** A response head over a flat list of header names and values. */
export class ListedHead implements ResponseHead {
  readonly status: number
  readonly #list: readonly string[]

  constructor(status: number, list: readonly string[]) {
    this.status = status
    this.#list = list
  }

  get(name: string): string | undefined {
    for (let i = 0; i < this.#list.length; i += 2) if (isCalled(this.#list[i]!, name)) return this.#list[i + 1]
    return undefined
  }

  names(): readonly string[] {
    const names = new Set<string>()
    for (let i = 0; i < this.#list.length; i += 2) names.add(lower(this.#list[i]!))
    return [...names]
  }
}

/** Writes a response's head: its own headers, then the gateway's, then what plugins added. */
export function writeHead(exchange: ServedExchange, status: number, statusText: string, headers: string[]): void {
  const { reply } = exchange
  // A client that was told to wait has its head.
  if (reply.headersSent) return
  headers.push(REQUEST_ID, exchange.id)
  const { addedHeaders } = exchange
  // What a plugin sets takes the place of what the provider said.
  if (addedHeaders) setHeaders(headers, addedHeaders)
  exchange.response = new ListedHead(status, headers)
  // The provider's own date goes through; Node's would stand beside it.
  reply.sendDate = false
  reply.writeHead(status, statusText, headers as never)
  exchange.observers?.responseStarted(exchange.response)
}

/** A GatewayError as its client may see it. */
export function errorView(exchange: ServedExchange, error: GatewayError): ErrorView {
  return { status: error.status, code: error.code, message: error.message, param: error.param, requestId: exchange.id }
}

/** Answers with an error in the client's dialect: the gateway's own, or `told`, one that a provider told of. */
export function sendError(exchange: ServedExchange, error: GatewayError, told?: WireError): void {
  const { status } = told ?? error
  const body = Buffer.from(JSON.stringify(told?.body ?? exchange.dialect.errorBody(errorView(exchange, error))))
  const headers = ['content-type', 'application/json', 'content-length', String(body.length)]
  headers.push(ERROR_SOURCE, told ? 'upstream' : 'gateway')
  for (const [name, value] of Object.entries({ ...error.headers, ...told?.headers })) headers.push(name, value)
  writeHead(exchange, status, STATUS_CODES[status] ?? '', headers)
  endWith(exchange, body)
}

/** Answers with what a plugin made. */
export function sendReply(exchange: ServedExchange, reply: Reply): void {
  const { body } = reply
  if (isStream(body)) return streamReply(exchange, reply, body)
  const isJson = typeof body === 'object' && !(body instanceof Uint8Array)
  const bytes = Buffer.from(isJson ? JSON.stringify(body) : ((body as string | Uint8Array | undefined) ?? ''))
  const headers = ['content-length', String(bytes.length)]
  if (reply.status >= 400) headers.push(ERROR_SOURCE, 'gateway')
  const given = Object.entries(reply.headers ?? {})
  if (isJson && !given.some(([name]) => lower(name) === 'content-type'))
    headers.push('content-type', 'application/json')
  for (const [name, value] of given) headers.push(name, value)
  writeHead(exchange, reply.status, STATUS_CODES[reply.status] ?? '', headers)
  endWith(exchange, bytes)
}

function isStream(body: Reply['body']): body is AsyncIterable<string | Uint8Array> {
  return typeof body === 'object' && Symbol.asyncIterator in body
}

function streamReply(
  exchange: ServedExchange,
  { status, headers = {} }: Reply,
  body: AsyncIterable<string | Uint8Array>,
) {
  exchange.isStreaming = true
  const list = Object.entries(headers).flat()
  if (status >= 400) list.push(ERROR_SOURCE, 'gateway')
  writeHead(exchange, status, STATUS_CODES[status] ?? '', list)
  exchange.reply.flushHeaders()
  const counted = Readable.from(body, { objectMode: false })
  counted.on('data', (piece: Buffer) => {
    if (exchange.responseBytes === 0) exchange.timings.firstByte = exchange.timings.now
    exchange.responseBytes += piece.length
    exchange.observers?.responseBytes(piece)
  })
  // A client that leaves ends the iteration: its `return` is called.
  pipeline(counted, exchange.reply, error => {
    if (error && !exchange.isOver) exchange.fail(error)
  })
}

function endWith(exchange: ServedExchange, body: Buffer): void {
  const { reply, message } = exchange
  exchange.timings.firstByte = exchange.timings.now
  if (message.method === 'HEAD') {
    reply.end()
    return
  }
  exchange.responseBytes = body.length
  reply.end(body)
  exchange.observers?.responseBytes(body)
}
