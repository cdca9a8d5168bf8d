import type { Status } from 'lunaroute'
import { partsOf, type SessionEvent, type SessionWriter } from 'lunaroute/sessions'
import type { WriterState } from '../messages.ts'
import type { PendingFile } from './pending-file.ts'

const FIRST_PAUSE = 100
const LONGEST_PAUSE = 5_000
/**
 * So many bytes make a batch, however few events they are. Bodies that are written before the collector has seen them
 * twice are cheap garbage; those that waited longer stay until it looks at everything.
 */
const BATCH_BYTES = 2 * 1024 * 1024
/** What may wait in memory for one writer, in bytes; what comes then waits in a file. */
const MAX_MEMORY = 32 * 1024 * 1024

export interface OutboxOptions {
  readonly name: string
  /** Makes the writer; asked again after it failed. */
  create(): Promise<SessionWriter>
  readonly batchSize: number
  /** How long an event may wait for others, in milliseconds. */
  readonly batchTimeout: number
  readonly pending: PendingFile
  warn(message: string): void
}

interface Waiting {
  readonly event: SessionEvent
  readonly size: number
}

/**
 * Events on their way to one writer, in order. A writer that fails is given the same events again, after a pause that
 * grows; nobody else waits for it.
 */
export class Outbox {
  readonly #options: OutboxOptions
  #writer: SessionWriter | undefined
  #queue: Waiting[] = []
  #size = 0
  #since = 0
  #running: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #isClosing = false
  #pause = FIRST_PAUSE
  #failure: string | undefined
  #written = 0
  #failures = 0
  #dropped = 0

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** Makes the writer now, so that it mends what it finds before the first event. */
  open(): void {
    this.#run()
  }

  add(events: readonly SessionEvent[]): void {
    const added = events.map((event): Waiting => ({ event, size: sizeOf(event) }))
    const size = sum(added)
    const { pending, batchSize, batchTimeout } = this.#options
    // Order: what comes after events in the file has to wait behind them. What is too large by itself is in memory anyway.
    if (pending.count > 0 || (this.#size > 0 && this.#size + size > MAX_MEMORY)) {
      if (!pending.add(events)) this.#dropped += events.length
    } else {
      if (this.#queue.length === 0) this.#since = Date.now()
      this.#queue.push(...added)
      this.#size += size
    }
    if (this.#running || this.#failure !== undefined) return
    if (this.#queue.length >= batchSize || this.#size >= BATCH_BYTES) this.#run()
    else this.#timer ??= setTimeout(() => this.#run(), Math.max(0, this.#since + batchTimeout - Date.now()))
  }

  state(): WriterState {
    return {
      name: this.#options.name,
      written: this.#written,
      failures: this.#failures,
      pending: this.#queue.length + this.#options.pending.count,
      dropped: this.#dropped,
      status: this.#status(),
    }
  }

  /** How many events need no waiting for: those that are written, and those that never will be. */
  get settled(): number {
    return this.#written + this.#dropped
  }

  /** Writes what waits, trying for so many milliseconds. */
  async close(deadline: number): Promise<void> {
    this.#isClosing = true
    const end = Date.now() + deadline
    while (Date.now() < end) {
      if (!this.#running && this.#queue.length === 0 && this.#options.pending.count === 0) break
      this.#pause = FIRST_PAUSE
      this.#run()
      await Promise.race([this.#running, sleep(Math.max(1, Math.min(FIRST_PAUSE, end - Date.now())))])
    }
    await this.#writer?.close?.()
    this.#options.pending.close()
  }

  #status(): Status {
    if (this.#failure !== undefined) {
      return { state: 'degraded', message: `events wait: ${this.#failure}` }
    }
    if (this.#dropped > 0) return { state: 'degraded', message: `${this.#dropped} events found no room and are lost` }
    return this.#writer?.status?.() ?? { state: 'ok' }
  }

  #run(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#running ??= this.#write().finally(() => {
      this.#running = undefined
      if (this.#failure === undefined) {
        if (this.#queue.length > 0 || this.#options.pending.count > 0) this.#run()
      } else if (!this.#isClosing) this.#timer ??= setTimeout(() => this.#run(), this.#pause)
    })
  }

  async #write(): Promise<void> {
    const { create, warn, batchSize, name } = this.#options
    try {
      this.#writer ??= await create()
      if (this.#queue.length === 0) this.#refill()
      const batch = this.#batch(batchSize)
      if (batch.length > 0) {
        await this.#writer.write(batch.map(each => each.event))
        this.#queue.splice(0, batch.length)
        this.#size = this.#size - sum(batch)
        this.#since = Date.now()
        this.#written += batch.length
      }
      if (this.#failure !== undefined) warn(`the session writer ${name} works again`)
      this.#failure = undefined
      this.#pause = FIRST_PAUSE
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      this.#failures++
      this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2)
      if (this.#failure === undefined) warn(`the session writer ${name} failed, its events wait: ${message}`)
      this.#failure = message
    }
  }

  /** One event at least, however large. */
  #batch(most: number): readonly Waiting[] {
    let size = 0
    let count = 0
    while (count < Math.min(most, this.#queue.length) && size < BATCH_BYTES) size += this.#queue[count++]!.size
    return this.#queue.slice(0, count)
  }

  #refill(): void {
    const events = this.#options.pending.take()
    if (events.length === 0) return
    this.#queue = events.map(event => ({ event, size: sizeOf(event) }))
    this.#size = sum(this.#queue)
    this.#since = Date.now()
  }
}

function sum(list: readonly Waiting[]): number {
  return list.reduce((total, each) => total + each.size, 0)
}

/** About how much memory an event takes, without looking at all of it. */
function sizeOf(event: SessionEvent): number {
  const parts = partsOf(event)
  if (parts) return 1_000 + parts.body.length + parts.rest.request_text.length
  // What was read of JSON is a few times as large.
  if (event.type === 'request_recorded') return 1_000 + event.request_size_bytes * 3
  return event.type === 'response_recorded' ? 1_000 + event.response_size_bytes * 3 : 1_000
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, milliseconds))
}
