import { partsOf, type SessionEvent } from 'lunaroute/sessions'

export interface Waiting {
  readonly event: SessionEvent
  /** About how many bytes of memory it takes. */
  readonly size: number
}

export function waiting(event: SessionEvent): Waiting {
  return { event, size: sizeOf(event) }
}

/** Events in the order they came. */
export class Queue {
  #list: Waiting[] = []
  /** About how many bytes of memory all of them take. */
  size = 0

  get length(): number {
    return this.#list.length
  }

  add(list: readonly Waiting[]): void {
    this.#list.push(...list)
    this.size += sum(list)
  }

  /** The first ones: one at least, however large. */
  batch(most: number, bytes: number): readonly Waiting[] {
    let size = 0
    let count = 0
    while (count < Math.min(most, this.#list.length) && size < bytes) size += this.#list[count++]!.size
    return this.#list.slice(0, count)
  }

  /** The first event of each request, the newest request first. */
  firsts(): readonly Waiting[] {
    return [...new Map(this.#list.toReversed().map(each => [each.event.request_id, each])).values()]
  }

  filter(isWanted: (waiting: Waiting) => boolean): readonly Waiting[] {
    return this.#list.filter(isWanted)
  }

  remove(list: readonly Waiting[]): void {
    // Nearly always they are the first.
    if (this.#list[0] === list[0] && this.#list[list.length - 1] === list.at(-1)) this.#list.splice(0, list.length)
    else {
      const gone = new Set(list)
      this.#list = this.#list.filter(each => !gone.has(each))
    }
    this.size -= sum(list)
  }
}

export function sum(list: readonly Waiting[]): number {
  return list.reduce((total, each) => total + each.size, 0)
}

/** About how much memory an event takes, without looking at all of it. */
function sizeOf(event: SessionEvent): number {
  const parts = partsOf(event)
  if (parts) return 1_000 + parts.body.length + parts.rest.request_text.length
  // What was read of JSON is a few times as large.
  if (event.type === 'request_recorded') return 1_000 + event.request_size_bytes * 3
  return event.type === 'response_recorded' ? 1_000 + event.response_size_bytes * 3 : 1_000
}
