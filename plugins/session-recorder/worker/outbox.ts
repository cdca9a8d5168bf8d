import type { Status } from 'lunaroute'
import type { SessionEvent, SessionWriter } from 'lunaroute/sessions'
import type { WriterState } from '../messages.ts'
import { canBeMended, Held, isOfThePlace } from './held.ts'
import type { PendingFile } from './pending-file.ts'
import { Queue, sum, type Waiting, waiting } from './queue.ts'

const FIRST_PAUSE = 100
const LONGEST_PAUSE = 5_000
/**
 * So many bytes make a batch, however few events they are. Bodies that are written before the collector has seen them
 * twice are cheap garbage; those that waited longer stay until it looks at everything.
 */
const BATCH_BYTES = 2 * 1024 * 1024
/** What may wait in memory for one writer, in bytes; what comes then waits in a file. */
const MAX_MEMORY = 32 * 1024 * 1024
/** After so many failures in a row events are tried one by one: one of them may be what the writer cannot bear. */
const PATIENCE = 3
/** An event that was refused so often while others were taken is left out. */
const MOST_REFUSALS = 10
/** So many refusals in a row are rather the writer's fault. */
const MOST_IN_A_ROW = 3
/** How often those that were refused come again, in milliseconds. */
const HELD_PAUSE = 1_000

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

/**
 * Events on their way to one writer, in order. A writer that fails is given the same events again, after a pause that
 * grows; nobody else waits for it. A request with an event that it refuses again and again while it takes others waits
 * apart, and in the end goes on without that event.
 */
export class Outbox {
  readonly #options: OutboxOptions
  #writer: SessionWriter | undefined
  readonly #queue = new Queue()
  #since = 0
  #running: Promise<void> | undefined
  readonly #held = new Held()
  #askedAt = 0
  /** How often in a row nothing was taken. */
  #tries = 0
  #timer: NodeJS.Timeout | undefined
  #due = 0
  #isClosing = false
  #pause = FIRST_PAUSE
  #failure: string | undefined
  #written = 0
  #failures = 0
  #dropped = 0
  #refused = 0

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** Makes the writer now, so that it mends what it finds before the first event. Resolves when it is made, or failed. */
  async open(): Promise<void> {
    this.#run()
    await this.#running
  }

  knows(sessionId: string): boolean {
    try {
      return this.#writer?.knows?.(sessionId) ?? false
    } catch {
      return false
    }
  }

  add(events: readonly SessionEvent[]): void {
    const added = events.map(waiting)
    const size = sum(added)
    const { pending, batchSize, batchTimeout } = this.#options
    // Order: what comes after events in the file has to wait behind them. What is too large by itself is in memory anyway.
    if (pending.count > 0 || (this.#queue.size > 0 && this.#queue.size + size > MAX_MEMORY)) {
      if (!pending.add(events)) this.#dropped += events.length
    } else {
      if (this.#queue.length === 0) this.#since = Date.now()
      this.#queue.add(added)
    }
    if (this.#running || this.#failure !== undefined) return
    if (this.#queue.length >= batchSize || this.#queue.size >= BATCH_BYTES) this.#run()
    else this.#runAt(this.#since + batchTimeout)
  }

  state(): WriterState {
    return {
      name: this.#options.name,
      written: this.#written,
      failures: this.#failures,
      pending: this.#pending,
      dropped: this.#dropped,
      refused: this.#refused,
      status: this.#status(),
    }
  }

  /** How many events need no waiting for: those that are written, and those that never will be. */
  get settled(): number {
    return this.#written + this.#dropped + this.#refused
  }

  get #pending(): number {
    return this.#queue.length + this.#held.count + this.#options.pending.count
  }

  /** Writes what waits, trying for so many milliseconds. */
  async close(deadline: number): Promise<void> {
    this.#isClosing = true
    const end = Date.now() + deadline
    for (let refusals = 0; Date.now() < end; ) {
      if (!this.#running && this.#pending === 0) break
      // What it has taken nothing of by then it will not take.
      if (!this.#running && this.#pending === this.#held.count && ++refusals > MOST_IN_A_ROW) break
      this.#pause = FIRST_PAUSE
      this.#askedAt = 0
      this.#run()
      await Promise.race([this.#running, sleep(Math.max(1, Math.min(FIRST_PAUSE, end - Date.now())))])
    }
    const lost = this.#pending
    if (lost > 0) this.#options.warn(`the session writer ${this.#options.name} has not taken ${lost} events`)
    await this.#writer?.close?.()
    this.#options.pending.close()
  }

  #status(): Status {
    if (this.#failure !== undefined) {
      return { state: 'degraded', message: `events wait: ${this.#failure}` }
    }
    if (this.#dropped > 0) return { state: 'degraded', message: `${this.#dropped} events found no room and are lost` }
    if (this.#refused > 0) return { state: 'degraded', message: `${this.#refused} events were refused and left out` }
    if (!this.#held.isEmpty) return { state: 'degraded', message: `${this.#held.count} events wait: one was refused` }
    return this.#writer?.status?.() ?? { state: 'ok' }
  }

  #run(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#running ??= this.#write().finally(() => {
      this.#running = undefined
      if (this.#failure !== undefined) {
        if (!this.#isClosing) this.#runAt(Date.now() + this.#pause)
      } else if (this.#queue.length > 0 || this.#options.pending.count > 0) this.#run()
      else if (!this.#held.isEmpty && !this.#isClosing) this.#runAt(this.#askedAt + HELD_PAUSE)
    })
  }

  /** What is to come sooner goes before. */
  #runAt(time: number): void {
    if (this.#timer && this.#due <= time) return
    clearTimeout(this.#timer)
    this.#due = time
    this.#timer = setTimeout(() => this.#run(), Math.max(0, time - Date.now()))
  }

  async #write(): Promise<void> {
    const { create, warn, batchSize, name } = this.#options
    const before = this.#written
    try {
      this.#writer ??= await create()
      const writer = this.#writer
      await this.#askAgain(writer)
      if (this.#queue.length === 0) this.#refill()
      this.#keepHeld()
      const batch = this.#queue.batch(batchSize, BATCH_BYTES)
      if (batch.length > 0) await this.#give(writer, batch)
      if (this.#failure !== undefined) warn(`the session writer ${name} works again`)
      this.#failure = undefined
      this.#pause = FIRST_PAUSE
    } catch (error) {
      this.#failures++
      this.#pause = this.#written > before ? FIRST_PAUSE : Math.min(LONGEST_PAUSE, this.#pause * 2)
      if (this.#failure === undefined) warn(`the session writer ${name} failed, its events wait: ${messageOf(error)}`)
      this.#failure = messageOf(error)
    }
  }

  /** The batch in one; one by one, where that has failed too often. */
  async #give(writer: SessionWriter, batch: readonly Waiting[]): Promise<void> {
    try {
      await writer.write(batch.map(each => each.event))
      this.#taken(batch)
    } catch (error) {
      this.#tries++
      const isSuspicious = this.#refused > 0 || !this.#held.isEmpty || this.#tries >= PATIENCE
      if (!isSuspicious || isOfThePlace(error)) throw error
      await this.#giveSingly(writer, batch)
      this.#failures++
    }
  }

  /** Throws where the writer is rather to blame than an event. */
  async #giveSingly(writer: SessionWriter, batch: readonly Waiting[]): Promise<void> {
    if (this.#queue.firsts().length === 1) this.#refill()
    // Who takes nothing is not asked again for each: the first event of one request is tried, each time of another.
    const firsts = this.#queue.firsts()
    const scout = firsts[Math.max(0, this.#tries - PATIENCE) % firsts.length]!
    await writer.write([scout.event])
    this.#taken([scout])
    let inARow = 0
    for (const each of batch) {
      if (each === scout || this.#held.has(each)) continue
      try {
        await writer.write([each.event])
        this.#taken([each])
        inARow = 0
      } catch (error) {
        if (isOfThePlace(error) || this.#held.isFull || ++inARow > MOST_IN_A_ROW) throw error
        this.#held.hold(each, this.#written)
        this.#queue.remove([each])
      }
    }
  }

  /** What was refused comes again, now and then, each by itself. */
  async #askAgain(writer: SessionWriter): Promise<void> {
    if (this.#held.isEmpty || Date.now() < this.#askedAt + HELD_PAUSE) return
    for (const head of this.#held.heads()) {
      for (let event: SessionEvent | undefined = head; event !== undefined; event = this.#held.next(event)) {
        try {
          await writer.write([event])
          this.#written++
        } catch (error) {
          if (canBeMended(error) || this.#held.refused(event, this.#written) < MOST_REFUSALS) break
          this.#leaveOut(event, error)
        }
      }
    }
    this.#askedAt = Date.now()
  }

  #leaveOut({ type, session_id, request_id }: SessionEvent, error: unknown): void {
    const { warn, name } = this.#options
    const which = `${type} of request ${request_id} in session ${session_id}`
    if (this.#refused++ === 0) {
      warn(
        `the session writer ${name} refuses an event and goes on without (${which}); more are counted: ${messageOf(error)}`,
      )
    }
  }

  /** Events of a request come in order: what follows one that was refused waits behind it. */
  #keepHeld(): void {
    if (this.#held.isEmpty) return
    const late = this.#queue.filter(each => this.#held.has(each))
    for (const each of late) this.#held.hold(each, this.#written)
    if (late.length > 0) this.#queue.remove(late)
  }

  #taken(list: readonly Waiting[]): void {
    this.#queue.remove(list)
    this.#tries = 0
    this.#since = Date.now()
    this.#written += list.length
  }

  #refill(): void {
    const events = this.#options.pending.take()
    if (events.length === 0) return
    this.#queue.add(events.map(waiting))
    this.#since = Date.now()
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, milliseconds))
}
