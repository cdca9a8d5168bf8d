import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dialect, sampleRequest } from '../support/dialects.ts'
import { headerOf } from '../support/http-message.ts'
import { randomPieces, seeded } from '../support/random.ts'
import { RawConnection } from '../support/raw-client.ts'
import { type Rig, roundtrip, startRig } from '../support/roundtrip.ts'
import type { Answer } from '../support/wire.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig?.close())

const chat = sampleRequest(dialect('openai-chat'), false)
const chatStream = sampleRequest(dialect('openai-chat'), true)
const bytes = randomBytes(70_000)
const sse = (text: string, largest: number): Answer => ({
  headers: [['content-type', 'text/event-stream']],
  framing: 'chunked',
  pieces: randomPieces(Buffer.from(text), seeded(7), largest),
})
const events = dialect('openai-chat').events.join('')

const answers: Readonly<Record<string, Answer>> = {
  'an ordinary answer': { headers: [['content-type', 'application/json']], body: '{"id":"1"}' },
  'an answer without content-type or date': { body: '{"id":"1"}' },
  'a compressed answer': {
    headers: [
      ['content-type', 'application/json'],
      ['content-encoding', 'gzip'],
      ['vary', 'accept-encoding'],
    ],
    body: gzipSync('{"id":"1"}'),
  },
  'a compressed stream in chunks': {
    ...sse('', 1),
    headers: [
      ['content-type', 'text/event-stream'],
      ['Content-Encoding', 'gzip'],
    ],
    pieces: randomPieces(gzipSync(events), seeded(3), 64),
  },
  'duplicate headers in their order and case': {
    headers: [
      ['Set-Cookie', 'a=1; Path=/'],
      ['X-Request-ID', 'req_1'],
      ['set-cookie', 'b=2'],
      ['Set-Cookie', 'c=3'],
      ['OpenAI-Processing-MS', '12'],
      ['Date', 'Tue, 01 Jul 2025 10:00:00 GMT'],
    ],
    body: '{}',
  },
  'a large header': { headers: [['x-large', 'v'.repeat(12_000)]], body: '{}' },
  'header bytes beyond ASCII': { headers: [['x-latin', 'caf\u00e9']], body: '{}' },
  'an empty body': { headers: [['content-type', 'application/json']], body: '' },
  'status 204': { status: 204, framing: 'none', headers: [['x-a', '1']] },
  'status 304': { status: 304, framing: 'none', headers: [['ETag', '"x"']] },
  'a status of its own': {
    status: 529,
    reason: 'Overloaded',
    headers: [['retry-after', '7']],
    body: '{"type":"error"}',
  },
  'an HTML error': { status: 502, headers: [['content-type', 'text/html']], body: '<html>bad gateway</html>' },
  'an empty server error': { status: 500 },
  'a redirect, unfollowed': { status: 307, headers: [['location', '/elsewhere']], body: '' },
  'a body that ends with the connection': { framing: 'close', body: '{"id":"1"}' },
  'a chunked body with trailers': {
    framing: 'chunked',
    headers: [['content-type', 'application/json']],
    body: '{"id":"1"}',
    trailers: [['X-Checksum', 'abc']],
  },
  'an empty chunked body': { framing: 'chunked', headers: [['content-type', 'text/event-stream']] },
  'a binary body': { headers: [['content-type', 'audio/mpeg']], body: bytes },
  'a binary stream': {
    framing: 'chunked',
    headers: [['content-type', 'audio/mpeg']],
    pieces: randomPieces(bytes, seeded(5)),
  },
  'events byte by byte': sse(events, 1),
  'events with CRLF': sse(events.replaceAll('\n', '\r\n'), 40),
  'events with CR': sse(events.replaceAll('\n', '\r'), 40),
  'events after a byte order mark': sse(`\ufeff${events}`, 9),
  'comments, pings and fields nobody knows': sse(
    `: hi\n\nid: 7\nretry: 10\nfoo\ndata\n\nevent: ping\ndata: {}\n\n${events}`,
    20,
  ),
  'events with data over several lines': sse(`data: {"a":\ndata: 1}\n\n${events}`, 20),
  'a stream without its last blank line': sse(events.trimEnd(), 50),
  'an event of 4 MB': sse(`data: "${'x'.repeat(4_000_000)}"\n\n${events}`, 65_536),
  'text outside ASCII cut anywhere': sse(`data: "${'\u00e9\u{1f600}\u4f60'.repeat(300)}"\n\n`, 3),
  'a stream that is no event stream': {
    ...sse('', 1),
    pieces: [Buffer.from([0, 255, 10, 10, 13]), Buffer.from('nonsense')],
  },
}

for (const [what, answer] of Object.entries(answers)) {
  test(`${what} comes back as it was sent`, async () => {
    const trip = await roundtrip(rig, chatStream, answer)
    expect(trip.changes).toEqual([])
    if (answer.trailers) expect(trip.response.trailers).toEqual(answer.trailers)
  })
}

test('a JSON-array stream of Gemini comes back as it was sent', async () => {
  const body = `[${[1, 2, 3].map(n => `{\n  "candidates": [{"index": ${n}}]\n}`).join('\n,\r\n')}]\n`
  const request = {
    ...sampleRequest(dialect('gemini'), true),
    target: '/v1beta/models/gemini-2.5-flash:streamGenerateContent',
  }
  for (const largest of [1, 30]) {
    const trip = await roundtrip(rig, request, {
      headers: [['Content-Type', 'application/json; charset=UTF-8']],
      framing: 'chunked',
      pieces: randomPieces(Buffer.from(body), seeded(largest), largest),
    })
    expect(trip.changes).toEqual([])
  }
})

test('an answer to HEAD keeps its content-length and has no body', async () => {
  const trip = await roundtrip(
    rig,
    { ...chat, method: 'HEAD', target: '/v1/models', body: '' },
    {
      framing: 'none',
      headers: [['content-length', '1234']],
    },
  )
  expect(trip.changes).toEqual([])
  expect(headerOf(trip.response.headers, 'content-length')).toBe('1234')
})

test('informational responses do not disturb the answer', async () => {
  rig.upstream.script = async (request, wire) => {
    await request.complete
    await wire.write('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n')
    await wire.answer({ body: '{"id":"1"}' })
  }
  const connection = await RawConnection.open(rig.gateway.port)
  const response = await connection.request(chat)
  connection.close()
  expect([response.status, response.body.toString()]).toEqual([200, '{"id":"1"}'])
})

test('each event reaches the client before the next one is sent', async () => {
  const seen: (() => void)[] = []
  rig.upstream.script = async (request, wire) => {
    await request.complete
    await wire.head(200, [
      ['content-type', 'text/event-stream'],
      ['transfer-encoding', 'chunked'],
    ])
    for (const event of dialect('openai-chat').events) {
      const passed = new Promise<void>(resolve => seen.push(resolve))
      await wire.chunk(event)
      await passed
    }
    await wire.endChunks()
  }
  const connection = await RawConnection.open(rig.gateway.port)
  const pending = connection.request(chatStream)
  let text = ''
  connection.socket.on('data', piece => {
    const before = text.split('\n\n').length
    text += piece
    for (let n = before; n < text.split('\n\n').length; n++) seen.shift()?.()
  })
  const response = await pending
  connection.close()
  expect(response.body.toString()).toBe(events)
})
