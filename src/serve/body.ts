import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../errors.ts'

/** The rest of a refused body is taken in for this long, in milliseconds, so that the client gets to read the refusal. */
const LINGER = 2_000

export function tooLarge(limit: number): GatewayError {
  return new GatewayError('LR_TOO_LARGE', 413, `the request body is larger than this gateway's limit of ${limit} bytes`)
}

/** The declared length of the body, or undefined for a chunked one. */
export function declaredLength(message: IncomingMessage): number | undefined {
  const length = message.headers['content-length']
  return length === undefined ? undefined : Number(length)
}

/** Reads a whole request body. Rejects when it is larger than `limit` bytes or breaks off. */
export function readBody(message: IncomingMessage, limit: number): Promise<Buffer> {
  const length = declaredLength(message)
  if (length !== undefined && length > limit) {
    letGo(message)
    return Promise.reject(tooLarge(limit))
  }
  if (length === 0) return Promise.resolve(EMPTY)
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    let whole: Buffer | undefined
    let received = 0
    message.on('data', (part: Buffer) => {
      const at = received
      received += part.length
      if (received > limit) {
        message.removeAllListeners('data')
        letGo(message)
        reject(tooLarge(limit))
        return
      }
      // One allocation of the declared size, filled as it arrives, instead of collecting and joining: at 2 MB the
      // garbage collector's work on the joined copy is the larger part of what a proxy costs.
      if (length !== undefined && part.length < length && length <= PREALLOCATED) {
        whole ??= Buffer.allocUnsafeSlow(length)
        part.copy(whole, at)
      } else parts.push(part)
    })
    message.on('end', () => resolve(whole ?? (parts.length === 1 ? parts[0]! : Buffer.concat(parts))))
    message.on('error', cause => reject(brokenOff(cause)))
  })
}

const EMPTY = Buffer.alloc(0)
/** A declared length is only a claim: above this many bytes memory is taken as the bytes arrive. */
const PREALLOCATED = 16 * 1024 * 1024

function brokenOff(cause: unknown): GatewayError {
  return new GatewayError('LR_BAD_REQUEST', 400, 'the request body broke off before its end', { cause })
}

/** Takes in and forgets the rest of a body, for a while: closing at once would make the client lose the answer. */
export function letGo(message: IncomingMessage): void {
  message.resume()
  const timer = setTimeout(() => message.destroy(), LINGER)
  timer.unref()
  message.once('close', () => clearTimeout(timer))
}
