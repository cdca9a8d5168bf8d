import { mkdirSync } from 'node:fs'
import { LRUCache } from 'lru-cache'
import { jsonOf, type SessionEvent, type SessionWriter, type WriterContext } from 'lunaroute/sessions'
import { nameOf } from './files.ts'
import { cipherOf, type LineCipher } from './line-cipher.ts'
import { type Lock, lockDirectory } from './lock.ts'
import type { WriterOptions } from './options.ts'
import { Retention } from './retention.ts'
import { SessionFiles } from './session-files.ts'

/** How many requests are remembered as written, for events that come twice. */
const MAX_REQUESTS = 10_000

/** Appends events to one file a session, a line each. For the recorder's worker. */
export async function createWriter(options: unknown, context: WriterContext): Promise<SessionWriter> {
  const settings = options as WriterOptions
  ensureRoot(settings.directory)
  const lock = lockDirectory(settings.directory)
  try {
    return new JsonlWriter(settings, await cipherOf(settings), lock, context)
  } catch (error) {
    lock.release()
    throw error
  }
}

class JsonlWriter implements SessionWriter {
  readonly #files: SessionFiles
  readonly #cipher: LineCipher | undefined
  readonly #retention: Retention
  readonly #settings: WriterOptions
  readonly #written = new LRUCache<string, number>({ max: MAX_REQUESTS })
  #lock: Lock

  constructor(settings: WriterOptions, cipher: LineCipher | undefined, lock: Lock, context: WriterContext) {
    this.#settings = settings
    this.#cipher = cipher
    this.#lock = lock
    this.#files = new SessionFiles(settings.directory, cipher !== undefined)
    this.#retention = new Retention(settings, path => this.#files.has(path), context)
  }

  write(events: readonly SessionEvent[]): void {
    if (this.#lock.lost !== undefined) this.#lock = lockDirectory(this.#settings.directory)
    ensureRoot(this.#settings.directory)
    const bySession = new Map<string, SessionEvent[]>()
    for (const event of events) {
      if (this.#isWritten(event)) continue
      const others = bySession.get(event.session_id)
      if (others) others.push(event)
      else bySession.set(event.session_id, [event])
    }
    for (const [sessionId, each] of bySession) {
      const pieces = each.flatMap(event => [...this.#line(event), '\n'])
      this.#files.append(sessionId, Date.parse(each[0]!.timestamp), pieces)
      // Of a batch that fails in the middle, what is written must not be written again.
      for (const { request_id, sequence } of each) this.#written.set(request_id, sequence)
    }
  }

  knows(sessionId: string): boolean {
    return this.#files.knows(sessionId)
  }

  close(): void {
    this.#retention.stop()
    this.#files.close()
    this.#lock.release()
  }

  #isWritten({ request_id, sequence }: SessionEvent): boolean {
    return sequence <= (this.#written.get(request_id) ?? -1)
  }

  #line(event: SessionEvent): readonly (string | Uint8Array)[] {
    const pieces = jsonOf(event)
    return this.#cipher ? [this.#cipher.seal(pieces, nameOf(event.session_id))] : pieces
  }
}

/** The directory itself may be a link: whoever configured it chose it. */
function ensureRoot(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
}
