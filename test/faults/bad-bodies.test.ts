import { afterAll, beforeAll, expect, test } from 'vitest'
import { DIALECTS, dialect, sampleRequest } from '../support/dialects.ts'
import { refusalProblems } from '../support/envelope.ts'
import { formatHead, type HeaderLine, headerOf } from '../support/http-message.ts'
import { RawConnection, type RawRequest, type RawResponse, send, sendBytes } from '../support/raw-client.ts'
import { type Rig, startRig } from '../support/roundtrip.ts'
import { pause } from '../support/until.ts'

const BODY_LIMIT = 200_000

let rig: Rig
beforeAll(async () => {
  rig = await startRig({ http_server: { max_request_body_bytes: BODY_LIMIT } })
})
afterAll(() => rig?.close())

/** Sends it in every dialect, changed by `change`; each must be refused, and none may reach a provider. */
async function allRefused(status: number, change: (request: RawRequest) => RawRequest): Promise<RawResponse[]> {
  const before = rig.upstream.requests.length
  const answers = await Promise.all(
    DIALECTS.map(async sample => ({
      sample,
      response: await send(rig.gateway.port, change(sampleRequest(sample, false))),
    })),
  )
  expect(
    answers.flatMap(({ sample, response }) =>
      refusalProblems(response, sample, status).map(problem => `${sample.name}: ${problem}`),
    ),
  ).toEqual([])
  expect(rig.upstream.requests.length).toBe(before)
  return answers.map(({ response }) => response)
}

const malformed: Readonly<Record<string, string>> = {
  'no JSON': 'hello',
  'an empty body': '',
  'only white space': ' \n\t ',
  'JSON that stops early': '{"model":"m","messages":[{"role":"user"',
  'JSON with something after it': '{"model":"m"} and more',
  'JSON with a trailing comma': '{"model":"m",}',
  'JSON without quotes': '{model:"m"}',
  'a JSON array': '[{"model":"m"}]',
  'a JSON string': '"model"',
  'JSON null': 'null',
}

for (const [what, body] of Object.entries(malformed)) {
  test(`${what} for a body is a 400 in each dialect`, async () => {
    await allRefused(400, request => ({ ...request, body }))
  })
}

test('text that is not UTF-8 is a 400 in each dialect', async () => {
  for (const wrong of [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
    const body = Buffer.concat([Buffer.from('{"model":"a'), Buffer.from(wrong), Buffer.from('"}')])
    await allRefused(400, request => ({ ...request, body }))
  }
})

test('another method than the path takes is a 405 that names it, in each dialect', async () => {
  for (const method of ['PUT', 'PATCH']) {
    for (const response of await allRefused(405, request => ({ ...request, method }))) {
      expect(headerOf(response.headers, 'allow')).toContain('POST')
    }
  }
})

test('another content type than JSON is a 415 in each dialect', async () => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    await allRefused(415, request => ({ ...request, headers: retyped(request, type) }))
  }
})

test('JSON is JSON whatever parameters its content type has', async () => {
  for (const type of ['application/json; charset=utf-8', 'Application/JSON', 'application/json;charset=UTF-8; x=y']) {
    const request = sampleRequest(dialect('openai-chat'), false)
    expect((await send(rig.gateway.port, { ...request, headers: retyped(request, type) })).status).toBe(200)
  }
})

test('a body declared larger than the limit is a 413 in each dialect', async () => {
  await allRefused(413, request => ({ ...request, body: 'x'.repeat(BODY_LIMIT + 1) }))
})

test('a chunked body that grows larger than the limit is a 413 in each dialect', async () => {
  const piece = Buffer.alloc(50_000, 'x')
  await allRefused(413, ({ body: _, ...request }) => ({ ...request, chunks: Array.from({ length: 10 }, () => piece) }))
})

test('a declared length is refused before a byte of the body has arrived', async () => {
  const sample = dialect('anthropic-messages')
  const { method, target, headers } = sampleRequest(sample, false)
  const all: HeaderLine[] = [['Host', '127.0.0.1'], ...headers, ['Content-Length', '999999999']]
  const response = await sendBytes(rig.gateway.port, formatHead(`${method} ${target} HTTP/1.1`, all))
  expect(refusalProblems(response, sample, 413)).toEqual([])
})

test('a client that asks before it sends too large a body is told not to', async () => {
  const sample = dialect('openai-chat')
  const { method, target, headers } = sampleRequest(sample, false)
  const asking: HeaderLine[] = [['Host', '127.0.0.1'], ...headers, ['Expect', '100-continue']]
  const all: HeaderLine[] = [...asking, ['Content-Length', String(BODY_LIMIT + 1)]]
  const response = await sendBytes(rig.gateway.port, formatHead(`${method} ${target} HTTP/1.1`, all))
  expect(refusalProblems(response, sample, 413)).toEqual([])
  expect(response.informational).toEqual([])
})

test('a body of exactly the limit is served', async () => {
  const start = '{"model":"m","x":"'
  const body = `${start}${'x'.repeat(BODY_LIMIT - start.length - 2)}"}`
  const response = await send(rig.gateway.port, { ...sampleRequest(dialect('openai-chat'), false), body })
  expect([body.length, response.status]).toEqual([BODY_LIMIT, 200])
})

test('a refused request leaves its connection fit for the next one, or closes it', async () => {
  const connection = await RawConnection.open(rig.gateway.port)
  const request = sampleRequest(dialect('openai-chat'), false)
  expect((await connection.request({ ...request, body: 'no json' })).status).toBe(400)
  if (!connection.socket.readableEnded) expect((await connection.request(request)).status).toBe(200)
  connection.close()
})

test('a body that never ends does not keep others from being served', async () => {
  const stuck = await RawConnection.open(rig.gateway.port)
  const { headers } = sampleRequest(dialect('openai-chat'), false)
  stuck.send(
    formatHead('POST /v1/chat/completions HTTP/1.1', [['Host', '127.0.0.1'], ...headers, ['Content-Length', '1000']]),
  )
  await pause(10)
  expect((await send(rig.gateway.port, sampleRequest(dialect('openai-chat'), false))).status).toBe(200)
  stuck.close()
})

function retyped(request: RawRequest, type: string): HeaderLine[] {
  return (request.headers ?? []).map(line => (line[0] === 'Content-Type' ? ['Content-Type', type] : line))
}
