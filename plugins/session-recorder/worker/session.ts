import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { RecordedHead } from '../frames.ts'
import { goesOnFrom, openingOf } from './history.ts'
import type { ReadRequest } from './read-request.ts'

const SESSION_ID = /^[A-Za-z0-9_-]{1,255}$/
const MAX_NAMES = 10_000

/**
 * The session a request belongs to: the one that the client names; else that of the answer it goes on from; else the
 * conversation that begins with the same words, of the same caller; else one of its own.
 */
export class SessionNames {
  /** Who used a name first. Another caller's session of the same name is another session. */
  readonly #callers = new LRUCache<string, string>({ max: MAX_NAMES })
  /** Sessions by who asked and the id of the answer. */
  readonly #answers = new LRUCache<string, string>({ max: MAX_NAMES })

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
    const who = whoOf(head)
    const before = request.neutral && goesOnFrom(request.neutral)
    const begun = before === undefined ? undefined : this.#answers.get(`${who}\n${before}`)
    if (begun !== undefined) return begun
    const opening = request.neutral && openingOf(request.neutral)
    return opening === undefined ? safeId(head.id) : digest('conversation', who, head.dialect, opening)
  }

  /** A later request may go on from this answer, and say nothing else of its conversation. */
  answered(head: RecordedHead, id: string | undefined, session: string): void {
    if (id !== undefined) this.#answers.set(`${whoOf(head)}\n${id}`, session)
  }
}

function whoOf({ callerKey, address, headers }: RecordedHead): string {
  return callerKey ?? `${address}\n${headers['user-agent'] ?? ''}`
}

/** An id of any form as one that a file can have. */
function safeId(id: string): string {
  return SESSION_ID.test(id) ? id : digest('request', id)
}

function digest(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}
