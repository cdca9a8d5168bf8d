import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CLIENT_KEY, DIALECTS, dialect, sampleRequest } from '../support/dialects.ts'
import { type HeaderLine, headerOf } from '../support/http-message.ts'
import { randomPieces, seeded } from '../support/random.ts'
import { RawConnection, send } from '../support/raw-client.ts'
import { type Outgoing, type Rig, roundtrip, startRig } from '../support/roundtrip.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig?.close())

const json: HeaderLine = ['Content-Type', 'application/json']
const bearer: HeaderLine = ['Authorization', `Bearer ${CLIENT_KEY}`]
const anthropic: HeaderLine[] = [
  ['X-Api-Key', CLIENT_KEY],
  ['anthropic-version', '2023-06-01'],
]
const goog: HeaderLine = ['x-goog-api-key', CLIENT_KEY]
const chat = (body: string | Uint8Array): Outgoing => ({
  method: 'POST',
  target: '/v1/chat/completions',
  headers: [json, bearer],
  body,
})
const multipart = Buffer.concat([
  Buffer.from('--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'),
  randomBytes(50_000),
  Buffer.from('\r\n--b--\r\n'),
])

const requests: Readonly<Record<string, Outgoing>> = {
  'a query': { method: 'POST', target: '/v1/messages?beta=true', headers: [json, ...anthropic], body: '{"model":"m"}' },
  'a query with odd characters': {
    method: 'POST',
    target: "/v1/messages?a=%2F%20+&b=a=b&&c=[1]&d='x'&e=%zz?#",
    headers: [json, ...anthropic],
    body: '{"model":"m"}',
  },
  'a path with escapes': {
    method: 'POST',
    target: '/v1beta/models/tunedModels%2Fabc%20d:generateContent?%24alt=json%3Benum-encoding%3Dint',
    headers: [json, goog],
    body: '{"contents":[]}',
  },
  'a GET without a body': { target: '/v1/models?limit=1000', headers: anthropic },
  'a DELETE': { method: 'DELETE', target: '/v1/files/file-1', headers: [bearer] },
  'headers in their order and case, duplicates too': {
    ...chat('{"model":"m"}'),
    headers: [
      ['X-Stainless-OS', 'Linux'],
      bearer,
      ['x-dup', '1'],
      ['ACCEPT', 'text/event-stream'],
      ['X-Dup', '2'],
      json,
      ['x-dup', '3'],
      ['Accept-Encoding', 'zstd, gzip'],
      ['x-empty', ''],
    ],
  },
  'a large header': {
    ...chat('{"model":"m"}'),
    headers: [json, bearer, ['x-codex-turn-metadata', 'm'.repeat(12_000)]],
  },
  'pretty-printed JSON': chat('{\r\n\t"model" : "m" ,\n  "messages" : [ ]\n}\n'),
  'JSON with a duplicate key, escapes and long numbers': chat(
    '{"model":"a","n":1e400,"x":12345678901234567890,"model":"\\u006d\\/","t":1.0,"s":"\\ud83d\\ude00 \u00e9"}',
  ),
  'JSON with a key called __proto__': chat('{"__proto__":{"a":1},"model":"m"}'),
  'JSON deep in brackets': chat(`{"model":"m","x":${'['.repeat(5000)}${']'.repeat(5000)}}`),
  'a body of 2 MB': chat(JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x'.repeat(2_000_000) }] })),
  'a multipart upload': {
    method: 'POST',
    target: '/v1/audio/transcriptions',
    headers: [['Content-Type', 'multipart/form-data; boundary=b'], bearer],
    body: multipart,
  },
  'a request for speech': {
    method: 'POST',
    target: '/v1/audio/speech',
    headers: [json, bearer],
    body: '{"model":"tts"}',
  },
  'a path no dialect serves': { method: 'POST', target: '/v1/batches', headers: [json, bearer], body: '{"a":1}' },
}

for (const [what, outgoing] of Object.entries(requests)) {
  test(`${what} reaches the provider as it was sent`, async () => {
    const trip = await roundtrip(rig, outgoing, { headers: [['content-type', 'application/json']], body: '{}' })
    expect(trip.changes).toEqual([])
    expect(headerOf(trip.request.headers, 'host')).toBe(`127.0.0.1:${rig.upstream.port}`)
    if (outgoing.body === undefined) expect(headerOf(trip.request.headers, 'transfer-encoding')).toBeUndefined()
  })
}

test('a request in chunks reaches the provider whole', async () => {
  const body = Buffer.from(JSON.stringify({ model: 'm', messages: ['x'.repeat(100_000)] }))
  const arrived = rig.upstream.nextRequest()
  const { body: _, ...head } = chat(body)
  await send(rig.gateway.port, { ...head, chunks: randomPieces(body, seeded(11)) })
  expect((await arrived).body().equals(body)).toBe(true)
})

test('a client that waits for 100-continue is told to go on', async () => {
  const connection = await RawConnection.open(rig.gateway.port)
  const pending = connection.expect('POST')
  const arrived = rig.upstream.nextRequest()
  const told = new Promise(resolve => connection.socket.once('data', resolve))
  connection.send(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:${rig.gateway.port}\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 13\r\n\r\n`,
  )
  await told
  connection.send('{"model":"m"}')
  expect((await pending.done).informational).toEqual(['HTTP/1.1 100 Continue'])
  expect((await arrived).body().toString()).toBe('{"model":"m"}')
  connection.close()
})

for (const sample of DIALECTS) {
  const name = sample.credential[0].toLowerCase()

  test(`a client's own ${name} is what the ${sample.name} provider sees, and nothing of the gateway's`, async () => {
    const { request } = await roundtrip(rig, sampleRequest(sample, false), { body: '{}' })
    expect(request.headers.filter(([header]) => header.toLowerCase() === name)).toEqual([sample.credential])
    expect(request.rawHead.toString()).not.toContain('gateway-')
  })

  test(`without a credential the ${sample.name} provider sees its configured key in ${name}`, async () => {
    const full = sampleRequest(sample, false)
    const arrived = rig.upstream.nextRequest()
    await send(rig.gateway.port, { ...full, headers: full.headers.filter(line => line !== sample.credential) })
    const value = headerOf((await arrived).headers, name)
    expect(value).toBe(`${name === 'authorization' ? 'Bearer ' : ''}gateway-${sample.provider}-key`)
  })
}

test('requests one after another share one connection to the provider', async () => {
  const before = rig.upstream.connections().accepted
  for (let n = 0; n < 10; n++) await roundtrip(rig, sampleRequest(dialect('openai-chat'), false), { body: '{}' })
  expect(rig.upstream.connections().accepted - before).toBeLessThanOrEqual(1)
})
