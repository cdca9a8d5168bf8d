import type { NeutralRequest } from 'lunaroute/neutral'
import type { RecordedAttempt, RecordedHead } from '../frames.ts'

/** What is kept of a request until its answer is there. */
export interface ToldRequest {
  readonly session: string
  readonly size: number
  /** Without the turns of the conversation. */
  readonly neutral: NeutralRequest | undefined
  sequence: number
}

/** An exchange as its frames arrive: what went to the client may come before the request. */
export class Assembly {
  #head: RecordedHead | undefined
  readonly body: Buffer[] = []
  readonly answer: Buffer[] = []
  /** When each piece of the answer went out, in milliseconds since the exchange began. */
  readonly times: number[] = []
  attempt: RecordedAttempt | undefined
  /** Set once its first events have been told. */
  told: ToldRequest | undefined

  /** Not to be asked for before it has come. */
  get head(): RecordedHead {
    return this.#head!
  }

  set head(head: RecordedHead) {
    this.#head = head
  }

  get hasHead(): boolean {
    return this.#head !== undefined
  }

  /** RFC 3339, at so many milliseconds into the exchange. */
  at(time: number): string {
    return new Date(this.head.startedAt + time).toISOString()
  }

  /** The gaps between pieces, as an event tells them. */
  get latencies(): { readonly avg: number; readonly p50: number; readonly p95: number; readonly p99: number } | null {
    const gaps = this.times.slice(1).map((time, i) => time - this.times[i]!)
    if (gaps.length === 0) return null
    gaps.sort((a, b) => a - b)
    const at = (share: number): number => round(gaps[Math.min(gaps.length - 1, Math.floor(gaps.length * share))]!)
    const sum = gaps.reduce((total, each) => total + each, 0)
    return { avg: round(sum / gaps.length), p50: at(0.5), p95: at(0.95), p99: at(0.99) }
  }
}

/** Milliseconds to the microsecond. */
export function round(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000
}
