import { afterAll, beforeAll, expect, test } from 'vitest'
import { DIALECTS, type DialectSample, dialect, sampleRequest } from '../support/dialects.ts'
import { isVisiblyBroken } from '../support/envelope.ts'
import { formatChunk } from '../support/http-message.ts'
import { RawConnection, send, sendBytes } from '../support/raw-client.ts'
import { type Rig, startRig } from '../support/roundtrip.ts'
import { limitAttempts } from '../support/timeouts.ts'
import type { ReceivedRequest } from '../support/upstream.ts'
import type { Wire } from '../support/wire.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig({ plugins: [limitAttempts({ headers: 200, idle: 200 })] })
})
afterAll(() => rig?.close())

interface Framed {
  readonly headers: string
  /** The part of the body that is sent, framed. */
  readonly part: Buffer
  /** The same without framing: what the client may have seen. */
  readonly bytes: string
}

const framings: Readonly<Record<string, (type: string, body: string) => Framed>> = {
  'of known length': (type, body) => ({
    headers: `Content-Type: ${type}\r\nContent-Length: ${body.length + 100}\r\n`,
    part: Buffer.from(body),
    bytes: body,
  }),
  'in chunks': (type, body) => ({
    headers: `Content-Type: ${type}\r\nTransfer-Encoding: chunked\r\n`,
    part: formatChunk(Buffer.from(body)),
    bytes: body,
  }),
  'in chunks, cut inside one': (type, body) => ({
    headers: `Content-Type: ${type}\r\nTransfer-Encoding: chunked\r\n`,
    part: Buffer.from(`${(body.length + 50).toString(16)}\r\n${body}`),
    bytes: body,
  }),
}

const ends: Readonly<Record<string, (request: ReceivedRequest, wire: Wire) => void | Promise<void>>> = {
  'closes the connection': (_, wire) => wire.close(),
  'breaks the connection': (_, wire) => wire.reset(),
  stalls: request => request.aborted.then(() => {}),
}

for (const [framing, framed] of Object.entries(framings)) {
  for (const [what, end] of Object.entries(ends)) {
    test(`an answer ${framing} whose provider ${what} never looks whole, in any dialect`, () =>
      Promise.all(
        DIALECTS.flatMap(sample =>
          [true, false].map(async isStream => {
            const { headers, part, bytes } = framed(
              isStream ? 'text/event-stream' : 'application/json',
              firstPart(sample, isStream),
            )
            const response = await playedTo(sample, isStream, async (request, wire) => {
              await wire.write(`HTTP/1.1 200 OK\r\n${headers}\r\n`)
              await wire.write(part)
              await end(request, wire)
            })
            expect(isVisiblyBroken(response, sample), `${sample.name}, stream: ${isStream}`).toBe(true)
            const text = response.body.toString()
            expect(text.startsWith(bytes) || bytes.startsWith(text) || response.status >= 500, text).toBe(true)
          }),
        ),
      ).then(() => {}))
  }
}

test('an answer whose provider leaves right after the head never looks whole', async () => {
  for (const sample of DIALECTS) {
    for (const isStream of [true, false]) {
      const response = await playedTo(sample, isStream, async (_, wire) => {
        await wire.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n')
        wire.close()
      })
      expect(isVisiblyBroken(response, sample), `${sample.name}, stream: ${isStream}`).toBe(true)
    }
  }
})

test('an answer with garbage for a chunk size never looks whole', async () => {
  for (const sample of DIALECTS) {
    const response = await playedTo(sample, true, async (_, wire) => {
      await wire.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n')
      await wire.chunk(sample.events[0]!)
      await wire.write('zz\r\nnonsense\r\n')
    })
    expect(isVisiblyBroken(response, sample), sample.name).toBe(true)
  }
})

test('a cut answer is no clean end for an HTTP/1.0 client either', async () => {
  const sample = dialect('openai-chat')
  rig.upstream.script = cut(sample)
  const body = sample.body(true)
  const bytes = `POST /v1/chat/completions HTTP/1.0\r\nHost: 127.0.0.1:${rig.gateway.port}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  expect(isVisiblyBroken(await sendBytes(rig.gateway.port, bytes), sample)).toBe(true)
})

test('bytes beyond an answer\u2019s length reach no client', async () => {
  const sample = dialect('openai-chat')
  rig.upstream.script = async (request, wire) => {
    await request.complete
    await wire.write(
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled',
    )
  }
  const connection = await RawConnection.open(rig.gateway.port)
  const first = await connection.request(sampleRequest(sample, false))
  rig.upstream.script = async (request, wire) => {
    await request.complete
    await wire.answer({ body: '{"second":1}' })
  }
  const second = await connection.request(sampleRequest(sample, false))
  connection.close()
  expect([first.body.toString(), second.body.toString()]).toEqual(['{}', '{"second":1}'])
})

test('the gateway serves on after answers were cut', async () => {
  const sample = dialect('openai-chat')
  rig.upstream.script = cut(sample)
  await Promise.all(Array.from({ length: 50 }, () => send(rig.gateway.port, sampleRequest(sample, true))))
  rig.upstream.script = async (request, wire) => {
    await request.complete
    await wire.answer({ body: sample.json })
  }
  const response = await send(rig.gateway.port, sampleRequest(sample, false))
  expect(response.body.toString()).toBe(sample.json)
})

function cut(sample: DialectSample) {
  return async (request: ReceivedRequest, wire: Wire): Promise<void> => {
    await request.complete
    await wire.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n')
    await wire.chunk(sample.events[0]!)
    wire.close()
  }
}

/** Each request names its script, so that many can be under way at once. */
const scripts = new Map<string, (request: ReceivedRequest, wire: Wire) => void | Promise<void>>()

async function playedTo(
  sample: DialectSample,
  isStream: boolean,
  script: (request: ReceivedRequest, wire: Wire) => Promise<void>,
) {
  const id = String(scripts.size + 1)
  scripts.set(id, script)
  rig.upstream.script = async (request, wire) => {
    await request.complete
    const mark = request.headers.find(([name]) => name === 'x-script')
    await scripts.get(mark?.[1] ?? '')?.(request, wire)
  }
  const request = sampleRequest(sample, isStream)
  return send(rig.gateway.port, { ...request, headers: [...request.headers, ['x-script', id]] })
}

function firstPart(sample: DialectSample, isStream: boolean): string {
  return isStream ? sample.events.slice(0, 2).join('') : sample.json.slice(0, 20)
}
