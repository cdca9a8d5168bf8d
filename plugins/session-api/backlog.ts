import type { SessionEvent } from 'lunaroute/sessions'

/** What a slow reader may leave unread, in events and in bytes. */
const MOST_EVENTS = 1_000
const MOST_BYTES = 32 * 1024 * 1024
/** What is written at once, in characters: other exchanges have their turn in between. */
const MOST_AT_ONCE = 256 * 1024

/** Events that wait for a reader. When there are too many the oldest go, and how many is told. */
export class Backlog {
  readonly #events: SessionEvent[] = []
  #bytes = 0
  #dropped = 0

  get isEmpty(): boolean {
    return this.#events.length === 0
  }

  add(events: readonly SessionEvent[]): void {
    for (const event of events) {
      this.#events.push(event)
      this.#bytes += sizeOf(event)
    }
    while (this.#events.length > MOST_EVENTS || (this.#bytes > MOST_BYTES && this.#events.length > 1)) {
      this.#take()
      this.#dropped++
    }
  }

  /** The next piece of the stream; empty where nothing waits. */
  text(): string {
    let text = this.#dropped > 0 ? frame('dropped', { dropped: this.#dropped }) : ''
    this.#dropped = 0
    while (!this.isEmpty && text.length < MOST_AT_ONCE) {
      const event = this.#take()
      text += frame(event.type, event)
    }
    return text
  }

  #take(): SessionEvent {
    const event = this.#events.shift()!
    this.#bytes -= sizeOf(event)
    return event
  }
}

function frame(event: string, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

/** About as much as an event takes in memory, where that is much. */
function sizeOf(event: SessionEvent): number {
  switch (event.type) {
    case 'request_recorded':
      return event.request_text.length + (event.request_json === null ? 0 : event.request_size_bytes)
    case 'response_recorded':
      return event.response_text.length + (event.response_json === null ? 0 : event.response_size_bytes)
    default:
      return 0
  }
}
