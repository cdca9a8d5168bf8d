import type { Socket } from 'node:net'
import type { Connect, ConnectCallback, ConnectOptions } from './pool.ts'

/** Opens connections before the first request asks for them, and hands them out once. */
export class WarmSockets {
  readonly #connect: Connect
  readonly #ready: Socket[] = []

  constructor(connect: Connect, origin: string, count: number) {
    this.#connect = connect
    const { protocol, hostname, host, port } = new URL(origin)
    const options = { protocol, hostname: hostname.replace(/^\[|\]$/g, ''), host, port, servername: hostname }
    for (let i = 0; i < count; i++) connect(options as ConnectOptions, (_error, socket) => socket && this.#add(socket))
  }

  readonly connect = (options: ConnectOptions, callback: ConnectCallback): void => {
    const socket = this.#ready.pop()
    if (socket) queueMicrotask(() => callback(null, socket))
    else this.#connect(options, callback)
  }

  #add(socket: Socket): void {
    const forget = () => {
      const at = this.#ready.indexOf(socket)
      if (at >= 0) this.#ready.splice(at, 1)
    }
    // A warm connection that is lost before its first use is of no consequence: the next request opens its own.
    socket.on('error', forget)
    socket.on('close', forget)
    this.#ready.push(socket)
  }
}
