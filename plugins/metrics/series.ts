import type { Exchange } from 'lunaroute'
import type { ChunkCount } from './chunks.ts'
import type { Families } from './families.ts'

/** What one combination of listener, model and provider has come to. Counters are handed on when the page is asked for. */
export class Series {
  total = 0
  success = 0
  requestBytes = 0
  responseBytes = 0
  readonly duration
  readonly egress
  readonly #families: Families
  readonly #labels
  readonly #failures = new Map<string, number>()
  #stream: ReturnType<typeof createStreamChildren> | undefined
  #streams = 0

  constructor(families: Families, labels: { listener: string; model: string; provider: string }) {
    this.#families = families
    this.#labels = labels
    this.duration = families.duration.child(labels)
    this.egress = families.egress.child(labels)
  }

  failed(type: string): void {
    this.#failures.set(type, (this.#failures.get(type) ?? 0) + 1)
  }

  streamed({ timings }: Exchange, chunks: ChunkCount | undefined): void {
    this.#stream ??= createStreamChildren(this.#families, this.#labels)
    this.#streams++
    this.#stream.ttft.observe(timings.firstByte / 1000)
    this.#stream.duration.observe(timings.end / 1000)
    if (!chunks) return
    this.#stream.chunks.observe(chunks.count)
    for (const gap of chunks.gaps) this.#stream.latency.observe(gap / 1000)
  }

  /** Hands on what has been counted since the last time. */
  flush(): void {
    if (this.total === 0) return
    const families = this.#families
    const labels = this.#labels
    const { provider, model } = labels
    families.total.inc(labels, this.total)
    if (this.success > 0) families.success.inc(labels, this.success)
    for (const [type, count] of this.#failures) families.failure.inc({ ...labels, error_type: type }, count)
    families.requestBytes.inc(labels, this.requestBytes)
    families.responseBytes.inc(labels, this.responseBytes)
    if (this.#streams > 0) families.streams.inc({ provider, model }, this.#streams)
    this.total = this.success = this.requestBytes = this.responseBytes = this.#streams = 0
    this.#failures.clear()
  }
}

function createStreamChildren(families: Families, labels: { provider: string; model: string }) {
  return {
    ttft: families.ttft.child(labels),
    duration: families.streamDuration.child(labels),
    chunks: families.chunks.child(labels),
    latency: families.chunkLatency.child(labels),
  }
}
