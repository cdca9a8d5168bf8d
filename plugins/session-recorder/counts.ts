import type { Meter, Sample, Status } from 'lunaroute'
import type { WorkerState, WriterState } from './messages.ts'

/** What an engine has done, and how it stands. */
export class Counts {
  /** Exchanges that found no room. */
  dropped = 0
  /** Bytes that went over the spill. */
  spilled = 0
  /** How often the worker ended by itself. */
  restarts = 0
  trouble: string | undefined
  #worker: WorkerState = { exchanges: 0, unreadable: 0, writers: [] }
  readonly #queued: () => { readonly ring: number; readonly spill: number }

  constructor(queued: () => { readonly ring: number; readonly spill: number }) {
    this.#queued = queued
  }

  get worker(): WorkerState {
    return this.#worker
  }

  set worker(state: WorkerState) {
    this.#worker = state
  }

  get queued(): { readonly ring: number; readonly spill: number } {
    return this.#queued()
  }

  status(): Status {
    const { writers } = this.#worker
    const bad = writers.filter(each => each.status.state !== 'ok')
    const { ring, spill } = this.queued
    const details = {
      queued_bytes: ring,
      spilled_bytes: spill,
      dropped_exchanges: this.dropped,
      exchanges: this.#worker.exchanges,
      worker_restarts: this.restarts,
      writers: Object.fromEntries(writers.map(({ name, ...rest }) => [name, rest])),
    }
    const told = bad.map(({ name, status }) => `${name}: ${status.message ?? status.state}`)
    if (this.trouble) told.unshift(this.trouble)
    if (told.length === 0) return { state: 'ok', details }
    // Serving does not depend on recording: it is shown, and the gateway stays ready.
    return { state: 'degraded', message: `recording is not safe: ${told.join('; ')}`, details }
  }
}

type Read = (counts: Counts) => Iterable<Sample>

const one =
  (read: (counts: Counts) => number): Read =>
  counts => [{ labels: {}, value: read(counts) }]
const perWriter =
  (read: (writer: WriterState) => number): Read =>
  counts =>
    counts.worker.writers.map(writer => ({ labels: { writer: writer.name }, value: read(writer) }))

/** The metrics of recording. `counts` gives those of the engine that is in use. */
export function meters(counts: () => Counts | undefined): readonly Meter[] {
  const meter = (
    name: string,
    type: Meter['type'],
    help: string,
    read: Read,
    labels: readonly string[] = [],
  ): Meter => ({
    name: `lunaroute_recording_${name}`,
    type,
    help,
    labels,
    read: () => {
      const current = counts()
      return current ? read(current) : []
    },
  })
  const writer = ['writer']
  return [
    meter(
      'queue_bytes',
      'gauge',
      'Bytes of exchanges that wait in memory for the recorder',
      one(c => c.queued.ring),
    ),
    meter(
      'spill_bytes',
      'gauge',
      'Bytes of exchanges that wait on disk for the recorder',
      one(c => c.queued.spill),
    ),
    meter(
      'spilled_bytes_total',
      'counter',
      'Bytes that found no room in memory and went over the disk',
      one(c => c.spilled),
    ),
    meter(
      'exchanges_total',
      'counter',
      'Exchanges recorded',
      one(c => c.worker.exchanges),
    ),
    meter(
      'unreadable_total',
      'counter',
      'Exchanges recorded without what could not be read',
      one(c => c.worker.unreadable),
    ),
    meter(
      'dropped_total',
      'counter',
      'Exchanges lost because there was no room for them',
      one(c => c.dropped),
    ),
    meter(
      'worker_restarts_total',
      'counter',
      'How often the recording worker had to be started again',
      one(c => c.restarts),
    ),
    meter(
      'events_written_total',
      'counter',
      'Events that a writer has taken',
      perWriter(w => w.written),
      writer,
    ),
    meter(
      'events_dropped_total',
      'counter',
      'Events that a writer did not take in time',
      perWriter(w => w.dropped),
      writer,
    ),
    meter(
      'events_refused_total',
      'counter',
      'Events left out because a writer refused them while it took others',
      perWriter(w => w.refused),
      writer,
    ),
    meter(
      'events_pending',
      'gauge',
      'Events that wait for a writer',
      perWriter(w => w.pending),
      writer,
    ),
    meter(
      'write_failures_total',
      'counter',
      'Batches that a writer failed to take',
      perWriter(w => w.failures),
      writer,
    ),
  ]
}
