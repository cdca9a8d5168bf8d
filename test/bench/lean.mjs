import './node-flags.mjs'
import http from 'node:http'
import { Pool } from 'undici'

// The lean reference: the least a Node proxy can do on node:http and undici. No routes, no hooks, no log; the body is
// buffered, as a gateway must to route by its model. argv: port, upstream port

const [port, upstreamPort] = process.argv.slice(2).map(Number)
const host = `127.0.0.1:${upstreamPort}`
const pool = new Pool(`http://${host}`, {
  connections: 1100,
  keepAliveTimeout: 60_000,
  headersTimeout: 0,
  bodyTimeout: 0,
})
const HOP_BY_HOP = new Set(
  'connection keep-alive transfer-encoding te trailer upgrade proxy-authorization content-length host expect'.split(
    ' ',
  ),
)

class Relay {
  isDone = false

  constructor(response) {
    this.response = response
    response.on('close', () => this.isDone || this.abort?.())
  }

  onConnect(abort) {
    this.abort = abort
    if (this.response.destroyed) abort()
  }

  onHeaders(status, raw, resume) {
    if (status < 200) return true
    const { response } = this
    this.resume = resume
    const headers = []
    let hasLength = false
    for (let i = 0; i < raw.length; i += 2) {
      const name = raw[i].latin1Slice().toLowerCase()
      if (name === 'content-length') hasLength = true
      else if (HOP_BY_HOP.has(name)) continue
      headers.push(name, raw[i + 1].latin1Slice())
    }
    response.sendDate = false
    response.writeHead(status, headers)
    if (!hasLength) response.flushHeaders()
    return true
  }

  onData(chunk) {
    if (this.response.write(chunk)) return true
    this.response.once('drain', this.resume)
    return false
  }

  onComplete() {
    this.isDone = true
    this.response.end()
  }

  onError() {
    this.isDone = true
    if (this.response.headersSent) this.response.destroy()
    else this.response.writeHead(502).end('bad gateway')
  }
}

const server = http.createServer(
  { keepAliveTimeout: 60_000, noDelay: true, requestTimeout: 0 },
  (request, response) => {
    const chunks = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => {
      const headers = ['host', host]
      for (let i = 0; i < request.rawHeaders.length; i += 2) {
        const name = request.rawHeaders[i].toLowerCase()
        if (!HOP_BY_HOP.has(name)) headers.push(name, request.rawHeaders[i + 1])
      }
      const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
      pool.dispatch({ path: request.url, method: request.method, headers, body }, new Relay(response))
    })
  },
)
server.listen({ port, host: '127.0.0.1', backlog: 4096 })
process.on('disconnect', () => process.exit())
