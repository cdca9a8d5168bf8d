import { Worker } from 'node:worker_threads'
import { GatewayError, moduleUrl } from 'lunaroute'
import type {
  EventSelection,
  SessionEvent,
  SessionFilter,
  SessionPage,
  SessionStore,
  SessionSummary,
} from 'lunaroute/sessions'
import { type ReaderOptions, SqliteReader } from './reader.ts'
import type { ReportFilter } from './reports.ts'

export type ReaderMethod = 'list' | 'get' | 'events' | 'report' | 'delete'

/** A question to the worker, and its answer. */
export interface Question {
  readonly id: number
  readonly method: ReaderMethod
  readonly args: readonly unknown[]
}

export interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly error?: { readonly code: string; readonly status: number; readonly message: string; readonly param?: string }
}

/** After so long without a question the worker ends, in milliseconds. */
const IDLE = 30_000

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
}

/**
 * Asks the database in a worker thread, so that a search never holds up a stream. The worker begins with the first
 * question and ends when none has come for a while.
 */
export class SqliteStore implements SessionStore {
  readonly #options: ReaderOptions
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | undefined
  #reader: SqliteReader | undefined
  #idle: NodeJS.Timeout | undefined
  #next = 0

  constructor(options: ReaderOptions) {
    this.#options = options
  }

  list(filter: SessionFilter): Promise<SessionPage> {
    return this.#ask('list', filter) as Promise<SessionPage>
  }

  get(sessionId: string): Promise<SessionSummary | undefined> {
    return this.#ask('get', sessionId) as Promise<SessionSummary | undefined>
  }

  events(sessionId: string, requestId?: string, only?: EventSelection): Promise<readonly SessionEvent[]> {
    return this.#ask('events', sessionId, requestId, only) as Promise<readonly SessionEvent[]>
  }

  report(name: string, filter: ReportFilter): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return this.#ask('report', name, filter) as Promise<readonly Readonly<Record<string, unknown>>[]>
  }

  delete(sessionId: string): Promise<boolean> {
    return this.#ask('delete', sessionId) as Promise<boolean>
  }

  async close(): Promise<void> {
    this.#reader?.close()
    this.#reader = undefined
    const worker = this.#worker
    this.#gone(new Error('the session store was closed'))
    await worker?.terminate()
  }

  async #ask(method: ReaderMethod, ...args: readonly unknown[]): Promise<unknown> {
    if (!CAN_START_WORKER) {
      this.#reader ??= new SqliteReader(this.#options)
      return answer(this.#reader, method, args)
    }
    this.#worker ??= this.#start()
    clearTimeout(this.#idle)
    const id = this.#next++
    const answered = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
    this.#worker.ref()
    this.#worker.postMessage({ id, method, args } satisfies Question)
    return answered
  }

  #start(): Worker {
    const worker = new Worker(WORKER, { workerData: this.#options, name: 'session-store' })
    worker.on('message', (answer: Answer) => this.#answered(answer))
    const lost = (error: Error) => {
      if (this.#worker === worker) this.#gone(error)
    }
    worker.on('error', lost)
    worker.on('exit', () => lost(new Error('the session store ended')))
    return worker
  }

  #answered({ id, value, error }: Answer): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error)
      waiting?.reject(
        new GatewayError(error.code, error.status, error.message, error.param ? { param: error.param } : {}),
      )
    else waiting?.resolve(value)
    if (this.#waiting.size > 0) return
    // Neither an idle worker nor its clock keeps a program from ending.
    this.#worker?.unref()
    this.#idle = setTimeout(() => {
      const worker = this.#worker
      this.#worker = undefined
      void worker?.terminate()
    }, IDLE).unref()
  }

  #gone(error: Error): void {
    clearTimeout(this.#idle)
    this.#worker = undefined
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}

/** Puts a question to the reader. */
export function answer(reader: SqliteReader, method: ReaderMethod, args: readonly unknown[]): unknown {
  return (reader[method] as (...args: readonly unknown[]) => unknown)(...args)
}

const WORKER = new URL(moduleUrl(import.meta.url, './store-worker.ts'))

/** Where nothing was compiled, only a Node that reads TypeScript can start it; others ask in this thread. */
const CAN_START_WORKER = WORKER.pathname.endsWith('.js') || 'typescript' in process.features
