import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { RecordedHead } from '../frames.ts'
import { openingOf } from './history.ts'
import type { ReadRequest } from './read-request.ts'

const SESSION_ID = /^[A-Za-z0-9_-]{1,255}$/
const MAX_NAMES = 10_000

/**
 * The session a request belongs to: the one that the client names; else the conversation that begins with the same
 * words, of the same caller; else one of its own.
 */
export class SessionNames {
  /** Who used a name first. Another caller's session of the same name is another session. */
  readonly #callers = new LRUCache<string, string>({ max: MAX_NAMES })

  of(head: RecordedHead, request: ReadRequest, hides: (text: string) => boolean): string {
    const caller = head.callerKey ?? ''
    const named = request.session ?? head.headers['x-session-id']
    if (named !== undefined && named !== '') {
      // A name that is a secret, or that no file can have, is as good for grouping as its hash.
      const id = SESSION_ID.test(named) && !hides(named) ? named : digest('named', named)
      const first = this.#callers.get(id)
      if (first === undefined) this.#callers.set(id, caller)
      return first === undefined || first === caller ? id : digest('scoped', caller, id)
    }
    const opening = request.neutral && openingOf(request.neutral)
    const who = head.callerKey ?? `${head.address}\n${head.headers['user-agent'] ?? ''}`
    return opening === undefined ? safeId(head.id) : digest('conversation', who, head.dialect, opening)
  }
}

/** An id of any form as one that a file can have. */
function safeId(id: string): string {
  return SESSION_ID.test(id) ? id : digest('request', id)
}

function digest(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}
