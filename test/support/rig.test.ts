import { afterAll, beforeAll, expect, test } from 'vitest'
import { RawConnection, type RawResponse, send, sendBytes } from './raw-client.ts'
import { type Script, startUpstream, type Upstream } from './upstream.ts'

let upstream: Upstream
beforeAll(async () => {
  upstream = await startUpstream(() => {})
})
afterAll(() => upstream?.close())

const get = (script: Script): Promise<RawResponse> => {
  upstream.script = script
  return send(upstream.port, { target: '/' })
}

const endings: readonly (readonly [what: string, script: Script, ending: string, body: string])[] = [
  ['a counted body', (_, wire) => wire.answer({ body: 'abc' }), 'length', 'abc'],
  ['a chunked body', (_, wire) => wire.answer({ body: 'abc', framing: 'chunked' }), 'chunked', 'abc'],
  ['a body that ends with the connection', (_, wire) => wire.answer({ body: 'abc', framing: 'close' }), 'close', 'abc'],
  [
    'a counted body that stops short',
    async (_, wire) => {
      await wire.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc')
      wire.close()
    },
    'cut',
    'abc',
  ],
  [
    'a chunked body without its end',
    async (_, wire) => {
      await wire.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n')
      wire.close()
    },
    'cut',
    'abc',
  ],
  // Nothing is sent before: where bytes and an RST arrive in one turn of the event loop, libuv reports an end of file.
  ['a broken connection', (_, wire) => wire.reset(), 'reset', ''],
]

for (const [what, script, ending, body] of endings) {
  test(`the raw client tells ${what} by how it ends`, async () => {
    const response = await get(script)
    expect([response.ending, response.body.toString()]).toEqual([ending, body])
  })
}

test('the upstream records a request byte for byte and head by head', async () => {
  upstream.script = async (request, wire) => {
    await request.complete
    await wire.answer({})
  }
  const arrived = upstream.nextRequest()
  await sendBytes(
    upstream.port,
    'PUT /a?b=%2F HTTP/1.1\r\nHoSt: x\r\nx-A: 1\r\nX-a:  2 \r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x\r\nc\r\n0\r\n\r\n',
  )
  const request = await arrived
  expect(request.requestLine).toBe('PUT /a?b=%2F HTTP/1.1')
  expect(request.headers.slice(0, 3)).toEqual([
    ['HoSt', 'x'],
    ['x-A', '1'],
    ['X-a', '2'],
  ])
  expect(request.body().toString()).toBe('abc')
  expect(request.abortedAt).toBeUndefined()
})

for (const how of ['close', 'reset'] as const) {
  test(`the upstream sees at once that a client left by ${how}`, async () => {
    upstream.script = request => request.aborted.then(() => {})
    const connection = await RawConnection.open(upstream.port)
    const arrived = upstream.nextRequest()
    void connection.request({ target: '/' })
    const request = await arrived
    const left = connection.abort(how)
    expect((await request.aborted) - left).toBeLessThan(50)
  })
}
