import { randomBytes } from 'node:crypto'
import { writeSync } from 'node:fs'
import { partsOf, type SessionEvent, withBody } from 'lunaroute/sessions'
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
      const { iv, sealed } = this.#seal.seal(packed(events))
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
    const events = unpacked(unseal(this.#file.fd, this.#key, stored))
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

/** Events without their bodies, how long those are, and the bodies as they came: nothing is read to be put here. */
interface Packed {
  readonly events: readonly unknown[]
  readonly bodies: readonly (number | null)[]
}

function packed(events: readonly SessionEvent[]): readonly Uint8Array[] {
  const parts = events.map(each => partsOf(each))
  const bodies = parts.map(each => each?.body.length ?? null)
  const head = Buffer.from(JSON.stringify({ events: events.map((each, i) => parts[i]?.rest ?? each), bodies }))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(head.length)
  return [length, head, ...parts.flatMap(each => (each ? [each.body] : []))]
}

function unpacked(bytes: Buffer): readonly SessionEvent[] {
  let at = 4 + bytes.readUInt32LE(0)
  const { events, bodies } = JSON.parse(bytes.toString('utf8', 4, at)) as Packed
  return events.map((event, i) => {
    const length = bodies[i]
    if (typeof length !== 'number') return event as SessionEvent
    const body = bytes.subarray(at, at + length)
    at += length
    return withBody(event as Parameters<typeof withBody>[0], body)
  })
}
