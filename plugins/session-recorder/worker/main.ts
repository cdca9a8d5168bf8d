import { parentPort, workerData } from 'node:worker_threads'
import type { SessionEvent, SessionWriter, SessionWriterModule } from 'lunaroute/sessions'
import type { FromWorker, ToWorker, WorkerStart, WorkerState } from '../messages.ts'
import { RingReader } from '../ring.ts'
import { readSegment } from '../spill.ts'
import { type Stored, unseal } from '../vault.ts'
import { prepareCodings } from './content.ts'
import { loadModules } from './modules.ts'
import { Outbox } from './outbox.ts'
import { PendingFile } from './pending-file.ts'
import { Recorder } from './recorder.ts'

/** How often the ring is looked at while something comes, in milliseconds; nobody has to wake the worker then. */
const LOOK = 20
/** After so many looks that found nothing the worker sleeps until it is woken. */
const PATIENCE = 10
/** How much is read before others have their turn, in bytes. */
const SHARE = 4 * 1024 * 1024
const STATE_PAUSE = 200

const { ring: memory, spillKey, spec } = workerData as WorkerStart
const port = parentPort!
const post = (message: FromWorker): void => port.postMessage(message)
const warn = (message: string): void => post({ type: 'warn', message })
/** Answers of writers on the serving thread, by name. */
const answers = new Map<string, (error: string | null) => void>()

const segments: { readonly fd: number; readonly segment: Stored }[] = []
let segmentsRead = 0
let isAsked = false
let isClosing = false
let wake: (() => void) | undefined

port.on('message', (message: ToWorker) => {
  switch (message.type) {
    case 'segment':
      segments.push(message)
      break
    case 'ask':
      isAsked = true
      break
    case 'dropped':
      recorder?.drop(message.exchange)
      break
    case 'written':
      answers.get(message.writer)?.(message.error)
      break
    case 'close':
      isClosing = true
  }
  wake?.()
})

let recorder: Recorder | undefined
const ring = new RingReader(memory)
const modules = await loadModules(spec, warn)
await prepareCodings()
const outboxes = spec.writers.map(
  ({ name, use }) =>
    new Outbox({
      name,
      create: async () => {
        if (!use) return remoteWriter(name)
        return ((await import(use.module)) as SessionWriterModule).createWriter(use.options, { warn })
      },
      batchSize: spec.batchSize,
      // Looking at the ring takes its share of the time that may be lost.
      batchTimeout: Math.max(0, spec.batchTimeout - 2 * LOOK),
      pending: new PendingFile(spec.folder, spec.spillLimit),
      warn,
    }),
)
const reader = new Recorder({ modules, userAgentLength: spec.userAgentLength, emit })
recorder = reader
for (const outbox of outboxes) outbox.open()

let told = ''
const telling = setInterval(tell, STATE_PAUSE)
tell()

for (let idle = 0; ; ) {
  const count = ring.read(SHARE, (kind, exchange, time, payload) => reader.take(kind, exchange, time, payload))
  if (count > 0) {
    idle = 0
    // Writers, timers and messages have their turn.
    await new Promise(resolve => setImmediate(resolve))
    if (count >= SHARE) continue
  } else if (segments.length > 0) {
    readNext()
    await new Promise(resolve => setImmediate(resolve))
    continue
  } else if (isAsked) {
    isAsked = false
    post({ type: 'caughtUp', segments: segmentsRead })
  } else if (isClosing) break
  else idle++
  await look(idle < PATIENCE || !ring.sleep() ? LOOK : undefined)
  ring.wake()
}

await Promise.all(outboxes.map(each => each.close(spec.closeTimeout)))
clearInterval(telling)
tell()
post({ type: 'closed' })
port.close()

function emit(events: readonly SessionEvent[]): void {
  const size = events.reduce((sum, each) => sum + sizeOf(each), 0)
  for (const outbox of outboxes) outbox.add(events, size)
}

/** About how much memory an event takes, without looking at all of it. */
function sizeOf(event: SessionEvent): number {
  if (event.type === 'request_recorded') return 500 + event.request_size_bytes * 2
  return event.type === 'response_recorded' ? 1_000 + event.response_size_bytes * 2 : 1_000
}

function readNext(): void {
  const { fd, segment } = segments.shift()!
  segmentsRead++
  isAsked = segments.length === 0
  try {
    readSegment(unseal(fd, spillKey, segment), (kind, exchange, time, payload) =>
      reader.take(kind, exchange, time, payload),
    )
  } catch (error) {
    warn(`a part of the recording spill could not be read: ${(error as Error).message}`)
  }
}

/** Waits for a while, or until somebody has something to say. */
async function look(pause: number | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await new Promise<void>(resolve => {
    wake = resolve
    if (pause !== undefined) timer = setTimeout(resolve, pause)
  })
  clearTimeout(timer)
  wake = undefined
}

/** A writer on the serving thread: it has one batch at a time. */
function remoteWriter(name: string): SessionWriter {
  return {
    write: events =>
      new Promise((resolve, reject) => {
        answers.set(name, error => (error === null ? resolve() : reject(new Error(error))))
        post({ type: 'write', writer: name, events })
      }),
  }
}

function tell(): void {
  const state: WorkerState = {
    exchanges: reader.exchanges,
    unreadable: reader.unreadable,
    writers: outboxes.map(each => each.state()),
  }
  const text = JSON.stringify(state)
  if (text === told) return
  told = text
  post({ type: 'state', state })
}
