import type { SessionEvent } from 'lunaroute/sessions'
import type { Waiting } from './queue.ts'

/** So many requests are put aside at once, and so many bytes of them. */
const MOST_REQUESTS = 64
const MOST_BYTES = 16 * 1024 * 1024

interface HeldRequest {
  readonly events: Waiting[]
  refusals: number
  /** How many events the writer had taken when the refusals were last counted. */
  takenBefore: number
}

/** Requests of which the writer refused an event while it took those of others, so that others need not wait for them. */
export class Held {
  readonly #requests = new Map<string, HeldRequest>()
  #size = 0
  /** How many events there are. */
  count = 0

  get isEmpty(): boolean {
    return this.#requests.size === 0
  }

  get isFull(): boolean {
    return this.#requests.size >= MOST_REQUESTS || this.#size >= MOST_BYTES
  }

  has({ event }: Waiting): boolean {
    return this.#requests.has(event.request_id)
  }

  /** `taken`: how many events the writer has taken so far. */
  hold(waiting: Waiting, taken: number): void {
    const { request_id } = waiting.event
    const request = this.#requests.get(request_id)
    if (request) request.events.push(waiting)
    else this.#requests.set(request_id, { events: [waiting], refusals: 1, takenBefore: taken })
    this.#size += waiting.size
    this.count++
  }

  /** The first event of each request: they come in order. */
  heads(): readonly SessionEvent[] {
    return [...this.#requests.values()].map(each => each.events[0]!.event)
  }

  /** How often the first event of a request has been refused, each time after others had been taken. */
  refused({ request_id }: SessionEvent, taken: number): number {
    const request = this.#requests.get(request_id)!
    if (taken > request.takenBefore) request.refusals++
    request.takenBefore = taken
    return request.refusals
  }

  /** Lets go of the first event of a request. Returns the next one. */
  next({ request_id }: SessionEvent): SessionEvent | undefined {
    const request = this.#requests.get(request_id)!
    const { size } = request.events.shift()!
    this.#size -= size
    this.count--
    request.refusals = 0
    if (request.events.length === 0) this.#requests.delete(request_id)
    return request.events[0]?.event
  }
}

/** What fails whatever the event is: it says nothing against one. */
const OF_THE_PLACE = /^(ENOSPC|EDQUOT|EROFS|EIO|EBUSY|EMFILE|ENFILE|ENOMEM|SQLITE_(FULL|BUSY|LOCKED|READONLY|IOERR).*)$/

/** What somebody can mend for some sessions and not for others: those wait apart, and are not left out. */
const OF_RIGHTS = /^(EACCES|EPERM)$/

export function isOfThePlace(error: unknown): boolean {
  return hasCode(error, OF_THE_PLACE)
}

/** Whether an event that is refused with this error is to be kept, however often that happens. */
export function canBeMended(error: unknown): boolean {
  return hasCode(error, OF_THE_PLACE) || hasCode(error, OF_RIGHTS)
}

function hasCode(error: unknown, codes: RegExp): boolean {
  const { code, cause } = (error ?? {}) as { readonly code?: unknown; readonly cause?: unknown }
  return codes.test(String(code)) || (cause !== undefined && hasCode(cause, codes))
}
