import net from 'node:net'
import { nowNs } from './clock.mjs'
import { HttpReader } from './http-reader.mjs'
import { TAG } from './mock-replies.mjs'

const TAG_BYTES = 19
const slab = Buffer.allocUnsafeSlow(1 << 18)

/** One keep-alive connection that sends a prepared request and measures its reply into `side`'s samples. */
export class Connection {
  constructor(side, expect) {
    this.side = side
    this.expect = expect
    this.finished = null
    this.socket = null
  }

  /** Connects unless the connection still stands; resolves in any case, a failure shows in the next request. */
  open() {
    if (this.socket !== null && !this.socket.destroyed) return
    const socket = net.connect({
      host: '127.0.0.1',
      port: this.side.port,
      noDelay: true,
      onread: { buffer: slab, callback: length => this.#read(socket, length) },
    })
    this.socket = socket
    this.reader = new HttpReader(this)
    socket.on('error', () => {})
    socket.on('end', () => socket.destroy())
    socket.on('close', () => {
      if (this.socket === socket) this.#finish('connection refused or closed before the end')
    })
    return new Promise(ready => socket.once('connect', ready).once('close', ready))
  }

  /** Sends the request; resolves to whether the reply was complete. */
  async request() {
    await this.open()
    this.status = 0
    this.bytes = 0
    this.tags = 0
    this.tail = null
    return await new Promise(finished => {
      this.finished = finished
      if (this.socket.destroyed) return this.#finish('connection refused')
      this.sentAt = nowNs()
      this.firstAt = 0
      this.socket.write(this.side.request)
    })
  }

  close() {
    this.finished = null
    this.socket?.destroy()
  }

  #read(socket, length) {
    if (this.socket !== socket) return true
    this.readAt = nowNs()
    try {
      this.reader.push(slab, length)
    } catch (error) {
      this.#finish(error.message)
      socket.destroy()
    }
    return true
  }

  head(text) {
    this.status = Number(text.slice(9, 12))
  }

  body(buffer, start, end) {
    if (this.firstAt === 0) this.firstAt = this.readAt
    this.bytes += end - start
    if (this.expect.chunks === 0) return
    let at = start
    if (this.tail !== null) {
      buffer = Buffer.concat([this.tail, buffer.subarray(start, end)])
      at = 0
      end = buffer.length
      this.tail = null
    }
    at = this.#tags(buffer, at, end)
    // A chunk border may cut a tag: keep what could be the start of one.
    const cut = buffer.indexOf(TAG[0], Math.max(at, end - TAG_BYTES + 1), 'latin1')
    if (cut >= 0 && cut < end) this.tail = Buffer.from(buffer.subarray(cut, end))
  }

  #tags(buffer, at, end) {
    for (;;) {
      const found = buffer.indexOf(TAG, at, 'latin1')
      if (found < 0 || found + TAG_BYTES > end) return at
      at = found + TAG_BYTES
      this.tags++
      this.side.delays.add((this.readAt - Number(buffer.latin1Slice(found + 2, at))) / 1e3)
    }
  }

  end() {
    const { chunks, bytes } = this.expect
    if (this.status !== 200) this.#finish(`status ${this.status}`)
    else if (this.tags !== chunks) this.#finish(`${this.tags} of ${chunks} events`)
    else if (bytes !== null && this.bytes !== bytes) this.#finish(`${this.bytes} of ${bytes} bytes`)
    else this.#finish(null)
  }

  #finish(problem) {
    const { finished, side } = this
    if (finished === null) return
    this.finished = null
    if (problem === null) {
      side.latencies.add((this.readAt - this.sentAt) / 1e3)
      side.firstBytes.add((this.firstAt - this.sentAt) / 1e3)
      side.requests++
    } else {
      side.errors++
      side.problem ??= problem
    }
    finished(problem === null)
  }
}
