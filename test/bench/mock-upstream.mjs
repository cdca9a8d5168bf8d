import './node-flags.mjs'
import net from 'node:net'
import { HttpReader } from './http-reader.mjs'
import { jsonReply, messagesReply, sseReply } from './mock-replies.mjs'
import { Pacer } from './pacer.mjs'

// A provider as fast as a hand-written one can be. The model name in the body says what to answer, so it survives any
// proxy: `mock-b1500` is a JSON reply of 1,500 bytes, `mock-c200-d5-b190` a stream of 200 events of 190 bytes, one each
// 5 ms (d0: without a pause). `mock-m-c200` is such a stream of the Messages dialect. argv: port

const pacer = new Pacer()
const scripts = new Map()

net
  .createServer({ noDelay: true }, socket => {
    const reader = new HttpReader(new Conversation(socket))
    socket.on('data', bytes => reader.push(bytes))
    socket.on('error', () => socket.destroy())
  })
  .listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 }, () => process.send('listening'))
process.on('disconnect', () => process.exit())

class Conversation {
  constructor(socket) {
    this.socket = socket
    this.start = ''
  }

  head() {
    this.start = ''
  }

  // The model comes first in the bodies of this benchmark; 256 bytes of the body are enough to find it.
  body(buffer, start, end) {
    if (this.start.length < 256) this.start += buffer.latin1Slice(start, Math.min(end, start + 256))
  }

  end() {
    const name = /"model": ?"(mock-[^"]+)"/.exec(this.start)?.[1]
    if (name === undefined) this.socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n')
    else answer(this.socket, scriptOf(name))
  }
}

function scriptOf(name) {
  const known = scripts.get(name)
  if (known !== undefined) return known
  const number = (letter, missing) => Number(new RegExp(`-${letter}(\\d+)`).exec(name)?.[1] ?? missing)
  const chunks = number('c', 0)
  const script = {
    chunks,
    delay: number('d', 0),
    reply:
      chunks > 0
        ? (name.startsWith('mock-m-') ? messagesReply : sseReply)(number('b', 190))
        : jsonReply(number('b', 1500)),
  }
  scripts.set(name, script)
  return script
}

function answer(socket, { chunks, delay, reply }) {
  if (chunks === 0) {
    socket.write(reply)
    return
  }
  socket.write(reply.head)
  let left = chunks
  const next = () => {
    if (socket.destroyed) return false
    left--
    socket.write(left > 0 ? reply.event() : Buffer.concat([reply.event(), reply.end]))
    return left > 0
  }
  if (delay > 0) pacer.every(delay, next)
  // One write per event, as a provider does: how many of them a proxy reads at once is up to the proxy.
  else while (next()) {}
}
