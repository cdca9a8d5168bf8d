import { LRUCache } from 'lru-cache'
import { type Shared, sharedBy } from './body-delta.ts'

/** What is remembered of all sessions together, in bytes. */
const MAX_BYTES = 48 * 1024 * 1024
/** Smaller bodies gain nothing. */
const SMALLEST = 4 * 1024
/** What a body does not share is at most this part of it; one that has grown further is the next that others share with. */
const LARGEST_MIDDLE = 0.25

interface KnownBody {
  readonly row: number
  readonly requestId: string
  readonly body: Buffer
}

/** A body that one before it is like. */
export interface Likeness {
  /** Of the event that has the one before. */
  readonly row: number
  readonly shared: Shared
}

/** The last body of each session that was kept whole. Bounded; a session that is forgotten begins anew. */
export class KnownBodies {
  readonly #bodies = new LRUCache<string, KnownBody>({ maxSize: MAX_BYTES, sizeCalculation: each => each.body.length })
  readonly #isThere: (row: number, requestId: string) => boolean

  /** `isThere` says whether an event has not been deleted in the meantime. */
  constructor(isThere: (row: number, requestId: string) => boolean) {
    this.#isThere = isThere
  }

  like(session: string, body: Buffer): Likeness | undefined {
    if (body.length < SMALLEST) return undefined
    const known = this.#bodies.get(session)
    if (!known || !this.#isThere(known.row, known.requestId)) return undefined
    const shared = sharedBy(body, known.body)
    const middle = body.length - shared.prefix - shared.suffix
    return middle <= body.length * LARGEST_MIDDLE ? { row: known.row, shared } : undefined
  }

  /** This event has its body whole. */
  add(session: string, row: number, requestId: string, body: Buffer): void {
    // A copy: it may be a part of something larger.
    if (body.length >= SMALLEST) this.#bodies.set(session, { row, requestId, body: Buffer.from(body) })
  }

  /** What was written last may not be there. */
  clear(): void {
    this.#bodies.clear()
  }
}
