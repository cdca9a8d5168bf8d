import type { WriterState } from './messages.ts'

type WriterTally = Pick<WriterState, 'written' | 'dropped' | 'refused' | 'failures'>

/** Sums that neither a reload nor a new worker sets back. */
export interface Tally {
  readonly exchanges: number
  readonly unreadable: number
  /** Exchanges that found no room. */
  readonly dropped: number
  /** Bytes that went over the spill. */
  readonly spilled: number
  /** How often a worker ended by itself. */
  readonly restarts: number
  readonly writers: ReadonlyMap<string, WriterTally>
}

export const NO_TALLY: Tally = {
  exchanges: 0,
  unreadable: 0,
  dropped: 0,
  spilled: 0,
  restarts: 0,
  writers: new Map(),
}

export function add(one: Tally, other: Tally): Tally {
  const writers = new Map(one.writers)
  for (const [name, { written, dropped, refused, failures }] of other.writers) {
    const known = writers.get(name) ?? { written: 0, dropped: 0, refused: 0, failures: 0 }
    writers.set(name, {
      written: known.written + written,
      dropped: known.dropped + dropped,
      refused: known.refused + refused,
      failures: known.failures + failures,
    })
  }
  return {
    exchanges: one.exchanges + other.exchanges,
    unreadable: one.unreadable + other.unreadable,
    dropped: one.dropped + other.dropped,
    spilled: one.spilled + other.spilled,
    restarts: one.restarts + other.restarts,
    writers,
  }
}
