import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import type { MessagePort } from 'node:worker_threads'
import type { SessionEvent, SessionWriter, SessionWriterModule } from 'lunaroute/sessions'
import type { FromWorker, ToWorker, WorkerStart, WorkerState, WriteError } from '../messages.ts'
import { RingReader } from '../ring.ts'
import { readSegment, type SpillSegment } from '../spill.ts'
import { unseal } from '../vault.ts'
import { loadUnzstd } from './content.ts'
import { loadModules } from './modules.ts'
import { Outbox } from './outbox.ts'
import { PendingFile } from './pending-file.ts'
import { Recorder } from './recorder.ts'
import { Teller } from './teller.ts'

/** How often the ring is looked at while something comes, in milliseconds; nobody has to wake the worker then. */
const LOOK = 20
/** After so many looks that found nothing the worker sleeps until it is woken. */
const PATIENCE = 10
/** How much is read before others have their turn, in bytes. */
const SHARE = 4 * 1024 * 1024
const STATE_PAUSE = 200
/** How long writers are waited for at the beginning, in milliseconds: some have to mend what they find. */
const OPENING = 1_000

/** The worker: takes frames from the ring, then from the spill, and passes events to the outboxes of writers. */
export class Intake {
  readonly #start: WorkerStart
  readonly #port: MessagePort
  readonly #ring: RingReader
  /** What is to be read of the spill, or was lost of it, in order. */
  readonly #segments: (SpillSegment | { readonly frames: number })[] = []
  /** How many frames of the spill have been read, or lost. */
  #spillDone: number
  /** Answers of writers on the serving thread, by name. */
  readonly #answers = new Map<string, (error: WriteError | null) => void>()
  readonly #teller: Teller
  #outboxes: readonly Outbox[] = []
  #emitted = 0
  #recorder: Recorder | undefined
  #isClosing = false
  #wake: (() => void) | undefined
  #told = ''

  constructor(start: WorkerStart, port: MessagePort) {
    this.#start = start
    this.#port = port
    this.#ring = new RingReader(start.ring)
    this.#spillDone = start.spillDone
    this.#teller = new Teller(
      () => this.#settled(),
      events => this.#post({ type: 'told', events }),
    )
    port.on('message', (message: ToWorker) => this.#hear(message))
  }

  /** Resolves when it has been told to close, and has written what there was. */
  async run(): Promise<void> {
    const { spec } = this.#start
    const modules = await loadModules(spec, this.#warn)
    const emit = (events: readonly SessionEvent[]): void => this.#emit(events)
    const knows = (session: string): boolean => this.#outboxes.some(each => each.knows(session))
    const { userAgentLength } = spec
    const recorder = new Recorder({ modules, unzstd: await loadUnzstd(), userAgentLength, knows, emit })
    this.#recorder = recorder
    this.#outboxes = spec.writers.map(each => this.#outbox(each))
    const opened = Promise.all(this.#outboxes.map(each => each.open()))
    const telling = setInterval(() => this.#tell(recorder), STATE_PAUSE)
    this.#tell(recorder)
    // Who is asked for sessions from before should be there.
    await Promise.race([opened, sleep(OPENING)])
    await this.#read(recorder)
    await Promise.all(this.#outboxes.map(each => each.close(spec.closeTimeout)))
    this.#teller.close()
    clearInterval(telling)
    this.#tell(recorder)
    this.#post({ type: 'closed' })
    this.#port.close()
  }

  async #read(recorder: Recorder): Promise<void> {
    for (let idle = 0; ; ) {
      const count = this.#ring.read(
        SHARE,
        (kind, exchange, time, payload) => recorder.take(kind, exchange, time, payload),
        // The counts come round.
        frames => ((frames - this.#spillDone) | 0) <= 0,
      )
      if (count > 0 || this.#segments.length > 0) {
        idle = 0
        if (count === 0) this.#readSegment(recorder)
        // Writers, timers and messages have their turn.
        await turn()
        if (count === 0 || count >= SHARE) continue
      } else if (this.#isClosing) return
      else idle++
      await this.#look(idle < PATIENCE || !this.#ring.sleep() ? LOOK : undefined)
      this.#ring.wake()
    }
  }

  #readSegment(recorder: Recorder): void {
    const segment = this.#segments.shift()!
    this.#spillDone += segment.frames
    if (!('fd' in segment)) return
    let bytes: Buffer | undefined
    try {
      bytes = unseal(segment.fd, this.#start.spillKey, segment)
    } catch (error) {
      this.#warn(`a part of the recording spill could not be read: ${(error as Error).message}`)
    }
    // Its place may be used again. What one worker cannot bear is not given to the next.
    this.#post({ type: 'read' })
    if (bytes) readSegment(bytes, (kind, exchange, time, payload) => recorder.take(kind, exchange, time, payload))
  }

  /** Waits for a while, or until somebody has something to say. */
  async #look(pause: number | undefined): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>(resolve => {
      this.#wake = resolve
      if (pause !== undefined) timer = setTimeout(resolve, pause)
    })
    clearTimeout(timer)
    this.#wake = undefined
  }

  #hear(message: ToWorker): void {
    switch (message.type) {
      case 'segment':
        this.#segments.push(message.segment)
        break
      case 'lost':
        this.#segments.push({ frames: message.frames })
        break
      case 'dropped':
        this.#recorder?.drop(message.exchange)
        break
      case 'written':
        this.#answers.get(message.writer)?.(message.error)
        break
      case 'close':
        this.#isClosing = true
    }
    this.#wake?.()
  }

  #outbox({ name, use }: WorkerStart['spec']['writers'][number]): Outbox {
    const { spec } = this.#start
    const context = { warn: this.#warn, startedAt: new Date(this.#start.startedAt) }
    return new Outbox({
      name,
      create: async () => {
        if (!use) return this.#remoteWriter(name)
        return ((await import(use.module)) as SessionWriterModule).createWriter(use.options, context)
      },
      batchSize: spec.batchSize,
      // Looking at the ring takes its share of the time that may be lost.
      batchTimeout: Math.max(0, spec.batchTimeout - 2 * LOOK),
      pending: new PendingFile(spec.folder, spec.spillLimit),
      warn: this.#warn,
    })
  }

  /** A writer on the serving thread: it has one batch at a time. */
  #remoteWriter(writer: string): SessionWriter {
    return {
      write: events =>
        new Promise((resolve, reject) => {
          this.#answers.set(writer, error =>
            error === null ? resolve() : reject(Object.assign(new Error(error.message), error)),
          )
          this.#post({ type: 'write', writer, events })
        }),
    }
  }

  #emit(events: readonly SessionEvent[]): void {
    for (const outbox of this.#outboxes) outbox.add(events)
    this.#emitted += events.length
    const { following } = this.#ring
    if (following !== 'none') this.#teller.add(events, this.#emitted, following)
  }

  /** How many events every writer has, or has lost. */
  #settled(): number {
    return Math.min(this.#emitted, ...this.#outboxes.map(each => each.settled))
  }

  #tell({ exchanges, unreadable }: Recorder): void {
    const state: WorkerState = { exchanges, unreadable, writers: this.#outboxes.map(each => each.state()) }
    const text = JSON.stringify(state)
    if (text === this.#told) return
    this.#told = text
    this.#post({ type: 'state', state })
  }

  #post(message: FromWorker): void {
    this.#port.postMessage(message)
  }

  readonly #warn = (message: string): void => this.#post({ type: 'warn', message })
}
