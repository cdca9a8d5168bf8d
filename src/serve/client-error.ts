import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { GatewayError } from '../errors.ts'
import { nextId } from './request-id.ts'
import { ERROR_SOURCE, REQUEST_ID } from './respond.ts'

/** What Node's HTTP parser says of a request it could not read. */
export interface ClientError extends Error {
  readonly code?: string
  readonly rawPacket?: Buffer
}

/** The refusal of a request that is not readable as HTTP. */
export function refusalOf(error: ClientError): GatewayError {
  if (error.code === 'HPE_HEADER_OVERFLOW') return headersTooLarge()
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new GatewayError('LR_REQUEST_TIMEOUT', 408, 'the request did not arrive in time')
  }
  return new GatewayError('LR_BAD_REQUEST', 400, 'the request is not valid HTTP/1.1')
}

export function headersTooLarge(): GatewayError {
  const message = 'the request headers are larger than 64 KiB, or too many'
  return new GatewayError('LR_HEADERS_TOO_LARGE', 431, message, { headers: { connection: 'close' } })
}

/** The request's target as far as it was read, to tell whose error envelope fits. */
export function targetOf(error: ClientError): { readonly method: string; readonly path: string } {
  const line = error.rawPacket?.subarray(0, 2048).toString('latin1').split('\r\n', 1)[0] ?? ''
  const found = /^([A-Z]+) (\/[^ ?]*)/.exec(line)
  return { method: found?.[1] ?? 'GET', path: found?.[2] ?? '/' }
}

/** Answers on the bare socket, which is all there is, and closes it. */
export function answerOnSocket(socket: Socket, error: GatewayError, body: (requestId: string) => unknown): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const id = nextId()
  const text = JSON.stringify(body(id))
  const head = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? ''}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(text)}`,
    'connection: close',
    `${ERROR_SOURCE}: gateway`,
    `${REQUEST_ID}: ${id}`,
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`)
}
