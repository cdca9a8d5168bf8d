import { afterAll, beforeAll, expect, test } from 'vitest'
import { providersAt } from '../support/dialects.ts'
import { startGateway } from '../support/gateway.ts'
import { type HeaderLine, headerOf } from '../support/http-message.ts'
import { randomPieces, seeded } from '../support/random.ts'
import { RawConnection } from '../support/raw-client.ts'
import {
  capturedRequests,
  type Exchange,
  hasCaptures,
  hasRecordings,
  recordedExchanges,
} from '../support/recordings.ts'
import { PRESET } from '../support/roundtrip.ts'
import { changes } from '../support/unchanged.ts'
import { type ReceivedRequest, startUpstream, type Upstream } from '../support/upstream.ts'

const MARK = 'X-Replayed-Exchange'
const CONNECTIONS = 16

/** Captured requests that are no request to a provider, and what the gateway answers them with instead. */
const ANSWERED_HERE: readonly { what: string; is: (exchange: Exchange) => boolean; status: number }[] = [
  // Upgrade is hop-by-hop: the handshake cannot be passed on as a request. 426 makes Codex fall back to HTTP.
  {
    what: 'WebSocket handshakes of Codex',
    is: each => each.target === '/v1/responses' && each.method === 'GET',
    status: 426,
  },
  // It names no provider by header or path, and asks only whether somebody is there.
  {
    what: 'probes by Claude Code 2.1.197, HEAD /',
    is: each => each.target === '/' && each.method === 'HEAD',
    status: 404,
  },
]

let upstream: Upstream
let gateway: Awaited<ReturnType<typeof startGateway>>
const answers = new Map<string, Exchange>()
const received = new Map<string, ReceivedRequest>()

beforeAll(async () => {
  upstream = await startUpstream(async (request, wire) => {
    await request.complete
    const id = headerOf(request.headers, MARK.toLowerCase()) ?? ''
    const exchange = answers.get(id)
    if (!exchange) return wire.answer({ status: 599, body: `no recording ${id}` })
    received.set(id, request)
    const { status, headers, body, isChunked } = exchange.answer
    await wire.answer({
      status,
      headers,
      framing: exchange.method === 'HEAD' ? 'none' : isChunked ? 'chunked' : 'length',
      pieces: randomPieces(body, seeded(hash(id))),
    })
  })
  gateway = await startGateway({ port: 0, extends: [PRESET], providers: providersAt(upstream.url) })
})
afterAll(async () => {
  await gateway?.close()
  await upstream?.close()
})

test.skipIf(!hasRecordings)(
  hasRecordings
    ? 'every recorded exchange of the three providers passes unchanged in both directions'
    : 'recorded exchanges are skipped: there is no ../shared/corpus beside this checkout',
  () => replayAll(recordedExchanges(), 'recorded exchanges'),
)

test.skipIf(!hasCaptures)(
  hasCaptures
    ? 'every request captured from a real client reaches the provider unchanged'
    : 'captured requests are skipped: there is no ../shared/captures beside this checkout',
  () => replayAll(capturedRequests(), 'captured requests'),
)

async function replayAll(exchanges: readonly Exchange[], what: string): Promise<void> {
  for (const exchange of exchanges) answers.set(exchange.id, exchange)
  const queue = [...exchanges]
  const differences: string[] = []
  const started = performance.now()
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      let connection = await RawConnection.open(gateway.port)
      for (let exchange = queue.shift(); exchange; exchange = queue.shift()) {
        const found = await replay(connection, exchange)
        differences.push(...found.map(difference => `${exchange?.id}: ${difference}`))
        if (connection.socket.destroyed) connection = await RawConnection.open(gateway.port)
      }
      connection.close()
    }),
  )
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(`${exchanges.length} ${what} replayed in ${seconds} s, ${differences.length} differences`)
  expect(exchanges.length).toBeGreaterThan(0)
  expect(differences.slice(0, 20)).toEqual([])
}

async function replay(connection: RawConnection, exchange: Exchange): Promise<string[]> {
  const random = seeded(hash(`${exchange.id} request`))
  const headers: HeaderLine[] = [...exchange.headers, [MARK, exchange.id]]
  const body = exchange.body
  // One in five comes in chunks, as some clients send theirs.
  const framed = body === null ? {} : random() < 0.2 ? { chunks: randomPieces(body, random, 65536) } : { body }
  if (exchange.target === '/v1/responses' && exchange.method === 'GET') headers.push(['Upgrade', 'websocket'])
  const response = await connection.request({ method: exchange.method, target: exchange.target, headers, ...framed })
  const request = received.get(exchange.id)
  const own = ANSWERED_HERE.find(each => each.is(exchange))
  if (own) return response.status === own.status ? [] : [`${own.what} are answered with ${response.status}`]
  if (!request) return [`never reached the provider: ${response.status} ${response.body.toString().slice(0, 200)}`]
  const sent = { method: exchange.method, target: exchange.target, headers, body: body ?? Buffer.alloc(0) }
  return changes(sent, request, exchange.answer, response)
}

function hash(text: string): number {
  let value = 0
  for (let i = 0; i < text.length; i++) value = (Math.imul(value, 31) + text.charCodeAt(i)) | 0
  return value
}
