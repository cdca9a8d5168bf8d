import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { type Logger, moduleUrl } from 'lunaroute'
import type { SessionWriter } from 'lunaroute/sessions'
import { Counts } from './counts.ts'
import type { FromWorker, ToWorker, WorkerStart, WriteError } from './messages.ts'
import { createRing, type Following, RingWriter } from './ring.ts'
import type { EngineSpec, WorkerSpec } from './spec.ts'
import { Spill } from './spill.ts'

const WORKER = moduleUrl(import.meta.url, './worker/main.ts')
/** Before a worker that ended by itself is started again, in milliseconds. */
const RESTART_PAUSE = 1_000
const SPILL_CHECK = 10

/** Takes frames on the serving thread and gets them to a worker of its own, over the ring or over the spill. */
export class Engine {
  readonly spec: WorkerSpec
  readonly counts: Counts
  readonly #log: Logger
  readonly #memory: SharedArrayBuffer
  readonly #ring: RingWriter
  readonly #spill: Spill
  readonly #spillKey = randomBytes(32)
  #writers: ReadonlyMap<string, SessionWriter>
  #worker: Worker
  /** Takes JSON of events that every writer has. */
  readonly #tell: (events: string) => void
  #isSpilling = false
  #isClosing = false
  #lastExchange = 0
  /** What began before is nobody's any more. */
  #startedAt: number
  #restart: NodeJS.Timeout | undefined

  constructor({ worker, writers }: EngineSpec, log: Logger, tell: (events: string) => void, startedAt: number) {
    this.spec = worker
    this.#startedAt = startedAt
    this.#tell = tell
    this.#writers = writers
    this.#log = log
    this.#memory = createRing(worker.queueBytes)
    this.#ring = new RingWriter(this.#memory)
    this.#spill = new Spill({
      folder: worker.folder,
      limit: worker.spillLimit,
      key: this.#spillKey,
      onSegment: segment => this.#post({ type: 'segment', segment }),
      onFailure: (error, exchanges, frames) => {
        this.counts.trouble = `the spill cannot be written (${(error as NodeJS.ErrnoException).code ?? error.message})`
        this.#post({ type: 'lost', frames })
        for (const exchange of exchanges) this.drop(exchange)
      },
    })
    this.counts = new Counts(() => ({ ring: this.#ring.used, spill: this.#spill.used }))
    this.#worker = this.#start()
  }

  /** What those who follow want of events from now on. */
  set following(following: Following) {
    this.#ring.following = following
  }

  nextExchange(): number {
    this.#lastExchange = (this.#lastExchange + 1) | 0
    return this.#lastExchange
  }

  /** Copies a frame and returns at once. False where there is no room for it anywhere. */
  send(kind: number, exchange: number, time: number, payload: Uint8Array): boolean {
    if (!this.#isSpilling || this.#returnToRing()) {
      if (this.#ring.write(kind, exchange, time, payload)) {
        if (this.#ring.isReaderAsleep) this.#post({ type: 'wake' })
        return true
      }
      this.#isSpilling = true
    }
    if (!this.#spill.add(kind, exchange, time, payload)) return false
    this.counts.spilled += payload.length
    return true
  }

  /** An exchange of which frames found no room. */
  drop(exchange: number): void {
    this.counts.dropped++
    this.#post({ type: 'dropped', exchange })
  }

  /** A generation with the same settings has writers of its own. */
  async replaceWriters(writers: ReadonlyMap<string, SessionWriter>): Promise<void> {
    const old = [...this.#writers].filter(([name, writer]) => writers.get(name) !== writer)
    this.#writers = writers
    for (const [, writer] of old) await writer.close?.()
  }

  /** Resolves when everything that was sent is written, or the time for it is over. */
  async close(): Promise<void> {
    this.#isClosing = true
    clearTimeout(this.#restart)
    const deadline = performance.now() + this.spec.closeTimeout
    // What waits on disk has to be read first.
    this.#spill.flush()
    while (!this.#spill.isEmpty && performance.now() < deadline) await pause(SPILL_CHECK)
    const isClosed = this.#post({ type: 'close' })
      ? await Promise.race([this.#closed(), pause(this.spec.closeTimeout + 1_000)])
      : false
    if (isClosed !== true) this.#log.warn('recording was ended before everything was written')
    await this.#worker.terminate()
    this.#spill.close()
    for (const writer of this.#writers.values()) await writer.close?.()
  }

  async #closed(): Promise<boolean> {
    return new Promise(resolve => {
      this.#worker.on('message', (message: FromWorker) => message.type === 'closed' && resolve(true))
      this.#worker.once('exit', () => resolve(false))
    })
  }

  #start(): Worker {
    const start: WorkerStart = {
      ring: this.#memory,
      spillKey: this.#spillKey,
      spec: this.spec,
      startedAt: this.#startedAt,
      spillDone: this.#spill.done,
    }
    const worker = new Worker(new URL(WORKER), { workerData: start, name: 'session-recorder', execArgv: [] })
    worker.on('message', (message: FromWorker) => this.#hear(message))
    worker.on('error', error => this.#log.error({ err: error }, 'the recording worker failed'))
    worker.once('exit', () => this.#ended())
    return worker
  }

  #ended(): void {
    if (this.#isClosing) return
    this.counts.restarted()
    this.#startedAt = Date.now()
    this.#restart = setTimeout(() => {
      this.#worker = this.#start()
      this.#spill.tellAgain()
    }, RESTART_PAUSE)
  }

  #post(message: ToWorker): boolean {
    this.#worker.postMessage(message)
    return this.#worker.threadId !== -1
  }

  #hear(message: FromWorker): void {
    switch (message.type) {
      case 'read':
        this.#spill.read()
        if (this.#isSpilling && this.#spill.isEmpty) this.#returnToRing()
        return
      case 'write':
        void this.#write(message.writer, message.events)
        return
      case 'state':
        this.counts.worker = message.state
        return
      case 'told':
        return this.#tell(message.events)
      case 'warn':
        this.#log.warn(message.message)
    }
  }

  /**
   * Once the ring has room again. The barrier keeps the order: the worker reads what it finds behind it when it has read
   * the spill up to here.
   */
  #returnToRing(): boolean {
    if (this.#ring.used > this.#ring.size / 2 || !this.#ring.writeBarrier(this.#spill.added)) return false
    this.#isSpilling = false
    this.counts.trouble = undefined
    return true
  }

  async #write(name: string, events: Parameters<SessionWriter['write']>[0]): Promise<void> {
    let error: WriteError | null = null
    try {
      await this.#writers.get(name)?.write(events)
    } catch (cause) {
      const { code } = (cause ?? {}) as { readonly code?: unknown }
      const message = cause instanceof Error ? cause.message : String(cause)
      error = { message, code: typeof code === 'string' ? code : undefined }
    }
    this.#post({ type: 'written', writer: name, error })
  }
}

function pause(milliseconds: number): Promise<false> {
  return sleep(milliseconds, false)
}
