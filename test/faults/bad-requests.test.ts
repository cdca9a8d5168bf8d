import { afterAll, beforeAll, expect, test } from 'vitest'
import { CLIENT_KEY, DIALECTS, dialect, sampleRequest } from '../support/dialects.ts'
import { refusalProblems } from '../support/envelope.ts'
import { headerOf } from '../support/http-message.ts'
import { RawConnection, type RawResponse, send, sendBytes } from '../support/raw-client.ts'
import { type Rig, startRig } from '../support/roundtrip.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig({ http_server: { header_timeout_ms: 300 } })
})
afterAll(() => rig?.close())

const json = '{"model":"m"}'

/** Sends bytes; they must be refused, nothing of them may reach a provider, and the connection must end. */
async function refused(bytes: string | Buffer, statuses: readonly number[]): Promise<RawResponse> {
  const before = rig.upstream.requests.length
  const connection = await RawConnection.open(rig.gateway.port)
  const closed = new Promise(resolve => connection.socket.once('close', resolve))
  const pending = connection.expect('POST')
  connection.send(bytes)
  const response = await pending.done
  await closed
  expect(statuses, response.body.toString()).toContain(response.status)
  expect(refusalProblems(response, DIALECTS, response.status)).toEqual([])
  expect(rig.upstream.requests.length).toBe(before)
  return response
}

const post = (headers: string, body: string, target = '/v1/chat/completions'): string =>
  `POST ${target} HTTP/1.1\r\nHost: 127.0.0.1:${rig.gateway.port}\r\nContent-Type: application/json\r\n${headers}\r\n${body}`
const hidden = (): string => post('Content-Length: 2\r\n', '{}', '/v1/responses')

const smuggled: Readonly<Record<string, () => string>> = {
  'a length and chunks at once': () =>
    post('Content-Length: 6\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${hidden()}`),
  'chunks and a length at once': () =>
    post('Transfer-Encoding: chunked\r\nContent-Length: 6\r\n', `0\r\n\r\n${hidden()}`),
  'two different lengths': () => post('Content-Length: 13\r\nContent-Length: 5\r\n', `${json}${hidden()}`),
  'two lengths in one header': () => post('Content-Length: 13, 5\r\n', `${json}${hidden()}`),
  'a length with a sign': () => post('Content-Length: +13\r\n', `${json}${hidden()}`),
  'a negative length': () => post('Content-Length: -1\r\n', hidden()),
  'a length in hexadecimal': () => post('Content-Length: 0xd\r\n', json),
  'an unknown transfer coding': () => post('Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${hidden()}`),
  'chunked, but not last': () => post('Transfer-Encoding: chunked, identity\r\n', `0\r\n\r\n${hidden()}`),
  'a chunk size that is none': () => post('Transfer-Encoding: chunked\r\n', `zz\r\n${json}\r\n0\r\n\r\n`),
  'a chunk longer than its size': () => post('Transfer-Encoding: chunked\r\n', `2\r\n${json}\r\n0\r\n\r\n`),
  'a space before the colon': () => post('Content-Length : 13\r\n', json),
  'a header folded over two lines': () => post('Content-Length: 13\r\nx-a: 1\r\n Transfer-Encoding: chunked\r\n', json),
  'a header without a colon': () => post('Content-Length: 13\r\nnonsense\r\n', json),
  'a NUL in a header': () => post('Content-Length: 13\r\nx-a: 1\u00002\r\n', json),
  'lines that end with LF alone': () => `POST /v1/messages HTTP/1.1\nHost: x\nContent-Length: 13\n\n${json}`,
}

for (const [what, bytes] of Object.entries(smuggled)) {
  test(`${what} is refused, and nothing behind it is taken for a request`, async () => {
    await refused(bytes(), [400])
  })
}

const nonsense: Readonly<Record<string, string | Buffer>> = {
  'a TLS hello': Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
  'random bytes': Buffer.from([0, 255, 254, 7, 10, 13, 200, 1]),
  'a request line that is none': 'HELLO\r\n\r\n',
  'an unknown method': 'BREW /v1/chat/completions HTTP/1.1\r\nHost: x\r\n\r\n',
  'a target with a space': 'GET /v1/mo dels HTTP/1.1\r\nHost: x\r\n\r\n',
  'another version of HTTP': 'GET /v1/models HTTP/4.2\r\nHost: x\r\n\r\n',
  'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
}

for (const [what, bytes] of Object.entries(nonsense)) {
  test(`${what} is answered with a 400`, async () => {
    await refused(bytes, [400])
  })
}

test('headers larger than the limit are a 431 in each dialect', async () => {
  for (const headers of ['x-flood: 1\r\n'.repeat(20_000), `x-huge: ${'h'.repeat(300_000)}\r\n`]) {
    for (const sample of DIALECTS) {
      const response = await refused(post(`${headers}Content-Length: 13\r\n`, json, sample.target(false)), [431])
      expect(refusalProblems(response, sample, 431), sample.name).toEqual([])
    }
  }
})

test('a host that is not this gateway\u2019s is a 403 in each dialect', async () => {
  for (const sample of DIALECTS) {
    for (const host of ['evil.example', 'evil.example:80', '127.0.0.1.evil.example', '[::2]', '']) {
      const before = rig.upstream.requests.length
      const { headers, ...request } = sampleRequest(sample, false)
      const response = await send(rig.gateway.port, { ...request, headers: [['Host', host], ...headers] })
      expect(refusalProblems(response, sample, 403), `${sample.name} ${host}`).toEqual([])
      expect(rig.upstream.requests.length).toBe(before)
    }
  }
})

test('the names of loopback are this gateway\u2019s', async () => {
  for (const host of [`127.0.0.1:${rig.gateway.port}`, 'localhost', `LOCALHOST:${rig.gateway.port}`, '[::1]:8081']) {
    const { headers, ...request } = sampleRequest(dialect('openai-chat'), false)
    expect((await send(rig.gateway.port, { ...request, headers: [['Host', host], ...headers] })).status, host).toBe(200)
  }
})

test('a request without Host is refused', async () => {
  const response = await sendBytes(rig.gateway.port, 'GET /v1/models HTTP/1.1\r\n\r\n', 'GET')
  expect([400, 403]).toContain(response.status)
})

test('an absolute target never leads to the host it names', async () => {
  for (const scheme of ['http', 'https']) {
    const target = `${scheme}://evil.example/v1/chat/completions`
    const bytes = `POST ${target} HTTP/1.1\r\nHost: evil.example\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n${json}`
    const response = await sendBytes(rig.gateway.port, bytes)
    expect(refusalProblems(response, DIALECTS, response.status)).toEqual([])
    expect([400, 403, 404]).toContain(response.status)
  }
})

test('a client that takes the gateway for a proxy is told so', async () => {
  const response = await sendBytes(
    rig.gateway.port,
    'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n',
    'GET',
  )
  expect(refusalProblems(response, DIALECTS, 405)).toEqual([])
  expect(response.body.toString()).toContain('base URL')
})

test('an expectation that nobody knows is passed over', async () => {
  const { headers, ...request } = sampleRequest(dialect('openai-chat'), false)
  const response = await send(rig.gateway.port, { ...request, headers: [...headers, ['Expect', 'a-miracle']] })
  expect(response.status).toBe(200)
  expect(headerOf(rig.upstream.requests.at(-1)!.headers, 'expect')).toBeUndefined()
})

test('a client that asks for a WebSocket gets an HTTP answer', async () => {
  rig.upstream.script = async (request, wire) => {
    await request.complete
    await wire.answer({ status: 426, body: 'no sockets here' })
  }
  const upgrade =
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n'
  const response = await sendBytes(
    rig.gateway.port,
    `GET /v1/responses HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${CLIENT_KEY}\r\n${upgrade}\r\n`,
    'GET',
  )
  expect(response.status).toBe(426)
})

test('a client that sends its headers too slowly is told so and let go', async () => {
  const started = performance.now()
  await refused('POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nx-slow: ', [408])
  expect(performance.now() - started).toBeLessThan(2500)
})
