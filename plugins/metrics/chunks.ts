import { defineSlot, type Observer } from 'lunaroute'

/** The pieces a response has gone out in. */
export interface ChunkCount extends Observer {
  readonly count: number
  /** Milliseconds between them; of a long stream, the first ones. */
  readonly gaps: readonly number[]
}

export const chunkCount = defineSlot<ChunkCount>('metrics: chunks', () => new ChunkCounter())

const MAX_GAPS = 1000

class ChunkCounter implements ChunkCount {
  readonly gaps: number[] = []
  count = 0
  #last = 0

  responseBytes(): void {
    const now = performance.now()
    if (this.count > 0 && this.gaps.length < MAX_GAPS) this.gaps.push(now - this.#last)
    this.#last = now
    this.count++
  }
}
