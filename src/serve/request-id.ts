import { randomBytes } from 'node:crypto'

// Unique across processes by the random part, and cheap per request by the counter.
const process = randomBytes(6).toString('hex')
let count = 0

/** An id for an exchange: `req_` and letters and digits. */
export function nextId(): string {
  count++
  return `req_${process}${count.toString(36).padStart(6, '0')}`
}
