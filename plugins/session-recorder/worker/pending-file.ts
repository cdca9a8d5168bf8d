import { randomBytes } from 'node:crypto'
import { writeSync } from 'node:fs'
import type { SessionEvent } from 'lunaroute/sessions'
import { openVault, Seal, type Stored, unseal } from '../vault.ts'

/** Events that wait for a writer on disk, sealed, in the order they came. */
export class PendingFile {
  readonly #folder: string
  readonly #limit: number
  readonly #key = randomBytes(32)
  readonly #seal = new Seal(this.#key)
  #file: ReturnType<typeof openVault> | undefined
  #stored: (Stored & { readonly count: number })[] = []
  #end = 0
  /** How many events wait. */
  count = 0

  constructor(folder: string, limit: number) {
    this.#folder = folder
    this.#limit = limit
  }

  /** False where there is no room, or the disk fails. */
  add(events: readonly SessionEvent[]): boolean {
    try {
      this.#file ??= openVault(this.#folder, `pending-${process.pid}-${randomBytes(8).toString('hex')}`)
      const { iv, sealed } = this.#seal.seal([Buffer.from(JSON.stringify(events))])
      const bytes = Buffer.concat(sealed)
      if (this.#end + bytes.length > this.#limit) return false
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(this.#file.fd, bytes, done, bytes.length - done, this.#end + done)
      }
      this.#stored.push({ at: this.#end, length: bytes.length, iv, count: events.length })
      this.#end += bytes.length
      this.count += events.length
      return true
    } catch {
      return false
    }
  }

  /** The oldest events, as many as were added at once. */
  take(): readonly SessionEvent[] {
    const stored = this.#stored.shift()
    if (!stored || !this.#file) return []
    this.count -= stored.count
    const events = JSON.parse(unseal(this.#file.fd, this.#key, stored).toString()) as readonly SessionEvent[]
    if (this.#stored.length === 0) {
      this.#end = 0
      this.#file.empty()
    }
    return events
  }

  close(): void {
    this.#file?.close()
    this.#file = undefined
  }
}
