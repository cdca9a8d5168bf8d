import type { Status } from 'lunaroute'
import type { SessionEvent } from 'lunaroute/sessions'
import type { WorkerSpec } from './spec.ts'
import type { SpillSegment } from './spill.ts'

/** What the worker is started with. */
export interface WorkerStart {
  readonly ring: SharedArrayBuffer
  readonly spillKey: Uint8Array
  readonly spec: WorkerSpec
  /** When recording began, in milliseconds since 1970. */
  readonly startedAt: number
  /** How many frames of the spill an earlier worker has read. */
  readonly spillDone: number
}

/** Why a writer on the serving thread took nothing. */
export interface WriteError {
  readonly message: string
  readonly code: string | undefined
}

export type ToWorker =
  /** Something is in the ring. */
  | { readonly type: 'wake' }
  /** A part of the spill can be read, after what is in the ring up to a barrier. */
  | { readonly type: 'segment'; readonly segment: SpillSegment }
  /** A part of the spill was lost, and so many frames with it. */
  | { readonly type: 'lost'; readonly frames: number }
  /** Parts of an exchange were lost: nothing is to be kept of it. */
  | { readonly type: 'dropped'; readonly exchange: number }
  /** What became of a `write`. */
  | { readonly type: 'written'; readonly writer: string; readonly error: WriteError | null }
  | { readonly type: 'close' }

export type FromWorker =
  /** The oldest segment has been read. */
  | { readonly type: 'read' }
  /** For a writer on the serving thread. */
  | { readonly type: 'write'; readonly writer: string; readonly events: readonly SessionEvent[] }
  | { readonly type: 'state'; readonly state: WorkerState }
  /** JSON of events that every writer has, for those who follow. */
  | { readonly type: 'told'; readonly events: string }
  | { readonly type: 'warn'; readonly message: string }
  | { readonly type: 'closed' }

/** Counts of the worker since it started. */
export interface WorkerState {
  readonly exchanges: number
  /** Exchanges of which something could not be read; they are recorded without it. */
  readonly unreadable: number
  readonly writers: readonly WriterState[]
}

export interface WriterState {
  readonly name: string
  readonly written: number
  readonly failures: number
  /** Events that wait for the writer, in memory or on disk, and those that found no room. */
  readonly pending: number
  readonly dropped: number
  /** Events that the writer refused again and again while it took others. */
  readonly refused: number
  readonly status: Status
}
