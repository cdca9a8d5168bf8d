import { jsonOf, partsOf, type SessionEvent } from 'lunaroute/sessions'
import type { Following } from '../ring.ts'

/** How long events wait for others before they are told together, in milliseconds. */
const PAUSE = 100
/** What may wait for writers, in characters: beyond it the oldest are told before every writer has them. */
const MAX_WAITING = 8 * 1024 * 1024
/** How much of a text is told to those who do not want it whole, in characters. */
const EXCERPT = 500

/** Tells the serving thread of events that every writer has, in batches: it costs it as little as it can. */
export class Teller {
  readonly #post: (events: string) => void
  /** How many events every writer has dealt with so far. */
  readonly #settled: () => number
  /** What waits, as JSON, with the number of the last event of each. */
  #waiting: { readonly json: string; readonly last: number }[] = []
  #size = 0
  #timer: NodeJS.Timeout | undefined

  constructor(settled: () => number, post: (events: string) => void) {
    this.#settled = settled
    this.#post = post
  }

  /** `last`: how many events there have been up to the last of these. */
  add(events: readonly SessionEvent[], last: number, following: Exclude<Following, 'none'>): void {
    const json = events.map(each => (following === 'whole' ? textOf(each) : JSON.stringify(briefOf(each)))).join()
    this.#waiting.push({ json, last })
    this.#size += json.length
    this.#timer ??= setTimeout(() => this.#tell(), PAUSE)
  }

  /** Tells everything: it is the end. */
  close(): void {
    this.#tell(Number.POSITIVE_INFINITY)
    clearTimeout(this.#timer)
  }

  #tell(settled = this.#settled()): void {
    this.#timer = undefined
    const ready: string[] = []
    let count = 0
    for (const { json, last } of this.#waiting) {
      if (last > settled && this.#size <= MAX_WAITING) break
      count++
      this.#size -= json.length
      ready.push(json)
    }
    this.#waiting.splice(0, count)
    if (ready.length > 0) this.#post(`[${ready.join(',')}]`)
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.#tell(), PAUSE)
  }
}

function textOf(event: SessionEvent): string {
  return jsonOf(event)
    .map(each => (typeof each === 'string' ? each : Buffer.from(each).toString()))
    .join('')
}

function briefOf(event: SessionEvent): SessionEvent {
  switch (event.type) {
    case 'started':
      return { ...event, request_headers: {} }
    case 'request_recorded':
      // Its body is not read for it to be left out.
      return {
        ...(partsOf(event)?.rest ?? event),
        request_json: null,
        request_text: event.request_text.slice(0, EXCERPT),
      }
    case 'response_recorded': {
      const response_text = event.response_text.slice(0, EXCERPT)
      return { ...event, response_json: null, response_headers: {}, response_text }
    }
    case 'tool_call_recorded':
      return { ...event, tool_arguments: event.tool_arguments.slice(0, EXCERPT) }
    default:
      return event
  }
}
