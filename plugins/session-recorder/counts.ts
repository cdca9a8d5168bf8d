import type { Meter, Sample, Status } from 'lunaroute'
import type { WorkerState, WriterState } from './messages.ts'
import { add, NO_TALLY, type Tally } from './tally.ts'

/** What an engine has done, and how it stands. */
export class Counts {
  /** Exchanges that found no room. */
  dropped = 0
  /** Bytes that went over the spill. */
  spilled = 0
  /** How often the worker ended by itself. */
  restarts = 0
  trouble: string | undefined
  #worker: WorkerState = NOTHING_YET
  /** Of workers that have ended. */
  #past = NO_TALLY
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

  /** The worker has ended by itself; the next one counts from 0. */
  restarted(): void {
    this.#past = add(this.#past, this.#present)
    this.#worker = NOTHING_YET
    this.restarts++
  }

  get tally(): Tally {
    const { dropped, spilled, restarts } = this
    return { ...add(this.#past, this.#present), dropped, spilled, restarts }
  }

  get #present(): Tally {
    const { exchanges, unreadable, writers } = this.#worker
    return { ...NO_TALLY, exchanges, unreadable, writers: new Map(writers.map(each => [each.name, each])) }
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

const NOTHING_YET: WorkerState = { exchanges: 0, unreadable: 0, writers: [] }

/** What there is to read: the engine that is in use, and the sums of all there have been. */
export interface Recording {
  readonly counts: Counts
  readonly tally: Tally
}

type Read = (recording: Recording) => Iterable<Sample>

const now =
  (read: (counts: Counts) => number): Read =>
  ({ counts }) => [{ labels: {}, value: read(counts) }]
const sum =
  (read: (tally: Tally) => number): Read =>
  ({ tally }) => [{ labels: {}, value: read(tally) }]
const sumPerWriter =
  (read: (writer: Pick<WriterState, 'written' | 'dropped' | 'refused' | 'failures'>) => number): Read =>
  ({ tally }) =>
    [...tally.writers].map(([writer, sums]) => ({ labels: { writer }, value: read(sums) }))
const pendingPerWriter: Read = ({ counts }) =>
  counts.worker.writers.map(({ name, pending }) => ({ labels: { writer: name }, value: pending }))

/** The metrics of recording; none before an engine has been started. */
export function meters(recording: () => Recording | undefined): readonly Meter[] {
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
      const current = recording()
      return current ? read(current) : []
    },
  })
  const writer = ['writer']
  return [
    meter(
      'queue_bytes',
      'gauge',
      'Bytes of exchanges that wait in memory for the recorder',
      now(c => c.queued.ring),
    ),
    meter(
      'spill_bytes',
      'gauge',
      'Bytes of exchanges that wait on disk for the recorder',
      now(c => c.queued.spill),
    ),
    meter(
      'spilled_bytes_total',
      'counter',
      'Bytes that found no room in memory and went over the disk',
      sum(t => t.spilled),
    ),
    meter(
      'exchanges_total',
      'counter',
      'Exchanges recorded',
      sum(t => t.exchanges),
    ),
    meter(
      'unreadable_total',
      'counter',
      'Exchanges recorded without what could not be read',
      sum(t => t.unreadable),
    ),
    meter(
      'dropped_total',
      'counter',
      'Exchanges lost because there was no room for them',
      sum(t => t.dropped),
    ),
    meter(
      'worker_restarts_total',
      'counter',
      'How often the recording worker had to be started again',
      sum(t => t.restarts),
    ),
    meter(
      'events_written_total',
      'counter',
      'Events that a writer has taken',
      sumPerWriter(w => w.written),
      writer,
    ),
    meter(
      'events_dropped_total',
      'counter',
      'Events that a writer did not take in time',
      sumPerWriter(w => w.dropped),
      writer,
    ),
    meter(
      'events_refused_total',
      'counter',
      'Events left out because a writer refused them while it took others',
      sumPerWriter(w => w.refused),
      writer,
    ),
    meter('events_pending', 'gauge', 'Events that wait for a writer', pendingPerWriter, writer),
    meter(
      'write_failures_total',
      'counter',
      'Batches that a writer failed to take',
      sumPerWriter(w => w.failures),
      writer,
    ),
  ]
}
