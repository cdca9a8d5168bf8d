// Frames go from the serving thread to the worker through one ring in shared memory. Posting messages would do as well,
// at 4 to 10 microseconds each and one allocation on each side; a stream of a hundred events would pay that a hundred
// times, a copy of a few hundred bytes costs a tenth of one.

/** Bytes before a frame's payload: kind, exchange, time, length. Frames begin at multiples of it, so no header is cut. */
const HEADER = 16
const CONTROL_BYTES = 64
const WRITTEN = 0
const READ = 1
const ASLEEP = 2
const FOLLOWING = 3
/** Times are kept in units of ten microseconds: an exchange may last for nearly six hours. */
const TICKS = 100
/** Says that the next frame is at the ring's beginning. */
const BACK = 0
/** A frame that nothing passes before somebody else has done so much. */
const BARRIER = -1
const NOTHING = new Uint8Array(0)
/** From this length on, plain copying into shared memory is faster than `set`, which copies word by word. */
const LARGE = 8 * 1024
/** A reader that keeps up leaves the ring empty again and again: then as much of it is used, in memory that is warm. */
const WARM = 4 * 1024 * 1024

/** Nobody follows; somebody does; somebody does who wants events whole. */
const FOLLOWINGS = ['none', 'brief', 'whole'] as const
export type Following = (typeof FOLLOWINGS)[number]

/** The memory that both sides share. Its pages are taken from the system as they are first written. */
export function createRing(bytes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(CONTROL_BYTES + Math.ceil(bytes / HEADER) * HEADER)
}

/** How long a frame is in the ring. */
function lengthOf(payload: number): number {
  return HEADER + Math.ceil(payload / HEADER) * HEADER
}

class Side {
  protected readonly control: Int32Array
  protected readonly ints: Int32Array
  protected readonly data: Buffer
  readonly size: number

  constructor(memory: SharedArrayBuffer) {
    this.control = new Int32Array(memory, 0, CONTROL_BYTES / 4)
    this.ints = new Int32Array(memory, CONTROL_BYTES)
    this.data = Buffer.from(memory, CONTROL_BYTES)
    this.size = this.data.length
  }

  /** What those who follow want of events. Stands here for the worker to see before it reads what comes next. */
  get following(): Following {
    return FOLLOWINGS[Atomics.load(this.control, FOLLOWING)]!
  }

  set following(following: Following) {
    Atomics.store(this.control, FOLLOWING, FOLLOWINGS.indexOf(following))
  }

  /** Bytes that have been written and not read. */
  get used(): number {
    const written = Atomics.load(this.control, WRITTEN)
    const read = Atomics.load(this.control, READ)
    return written >= read ? written - read : written + this.size - read
  }
}

/** The one writer of a ring. */
export class RingWriter extends Side {
  #at = 0

  constructor(memory: SharedArrayBuffer) {
    super(memory)
    this.#at = Atomics.load(this.control, WRITTEN)
  }

  /** False where there is no room. */
  write(kind: number, exchange: number, time: number, payload: Uint8Array): boolean {
    const length = lengthOf(payload.length)
    let at = this.#at
    const read = Atomics.load(this.control, READ)
    if (at === read && at >= WARM && length < read) {
      this.ints[at >> 2] = BACK
      at = 0
    }
    const used = at >= read ? at - read : at + this.size - read
    // A ring filled to the last byte would look empty.
    if (length >= this.size - used) return false
    const { ints, data, size } = this
    const header = at >> 2
    ints[header] = kind
    ints[header + 1] = exchange
    ints[header + 2] = time * TICKS
    ints[header + 3] = payload.length
    const start = (at + HEADER) % size
    const room = size - start
    if (payload.length <= room) {
      if (payload.length < LARGE) data.set(payload, start)
      else data.fill(payload, start, start + payload.length)
    } else {
      data.set(payload.subarray(0, room), start)
      data.set(payload.subarray(room), 0)
    }
    this.#at = (at + length) % size
    Atomics.store(this.control, WRITTEN, this.#at)
    return true
  }

  /** What is written from now on is read once `count` has been reached, of whatever it counts. */
  writeBarrier(count: number): boolean {
    return this.write(BARRIER, count, 0, NOTHING)
  }

  /** Whether the reader sleeps and has to be woken; true once for each sleep. */
  get isReaderAsleep(): boolean {
    return Atomics.load(this.control, ASLEEP) === 1 && Atomics.compareExchange(this.control, ASLEEP, 1, 0) === 1
  }
}

/** The one reader of a ring. */
export class RingReader extends Side {
  /**
   * Hands on frames in order, until `limit` bytes of them or a barrier that is closed; each payload is a copy. Returns how
   * many bytes it read.
   */
  read(
    limit: number,
    sink: (kind: number, exchange: number, time: number, payload: Buffer) => void,
    isReached: (count: number) => boolean = () => true,
  ): number {
    const { ints, data, size } = this
    let at = Atomics.load(this.control, READ)
    const end = Atomics.load(this.control, WRITTEN)
    let total = 0
    while (at !== end && total < limit) {
      const header = at >> 2
      if (ints[header] === BACK) {
        at = 0
        continue
      }
      const length = ints[header + 3]!
      const payload = Buffer.allocUnsafe(length)
      const start = (at + HEADER) % size
      const room = Math.min(size - start, length)
      payload.set(data.subarray(start, start + room), 0)
      if (room < length) payload.set(data.subarray(0, length - room), room)
      const [kind, exchange, time] = [ints[header]!, ints[header + 1]!, ints[header + 2]! / TICKS]
      if (kind === BARRIER && !isReached(exchange)) break
      at = (at + lengthOf(length)) % size
      Atomics.store(this.control, READ, at)
      total += lengthOf(length)
      if (kind !== BARRIER) sink(kind, exchange, time, payload)
    }
    return total
  }

  /** Says that the writer has to wake the reader from now on. False where something has come in the meantime. */
  sleep(): boolean {
    Atomics.store(this.control, ASLEEP, 1)
    if (this.used === 0) return true
    Atomics.store(this.control, ASLEEP, 0)
    return false
  }

  wake(): void {
    Atomics.store(this.control, ASLEEP, 0)
  }
}
