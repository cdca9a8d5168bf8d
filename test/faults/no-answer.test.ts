import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DIALECTS, dialect, providersAt, sampleRequest } from '../support/dialects.ts'
import { refusalProblems } from '../support/envelope.ts'
import { listenOnFreePort } from '../support/listen.ts'
import { send } from '../support/raw-client.ts'
import { type Rig, startRig } from '../support/roundtrip.ts'
import { limitAttempts } from '../support/timeouts.ts'
import { until } from '../support/until.ts'
import type { Script } from '../support/upstream.ts'

const LIMIT = 500

let rig: Rig
beforeAll(async () => {
  rig = await startRig({ plugins: [limitAttempts({ headers: LIMIT, idle: LIMIT })] })
})
afterAll(() => rig?.close())

const then =
  (bytes: string | Buffer, end: 'close' | 'reset' | 'stall' | 'keep'): Script =>
  async (request, wire) => {
    await request.complete
    if (bytes.length > 0) await wire.write(bytes)
    if (end === 'close') wire.close()
    if (end === 'reset') wire.reset()
    if (end === 'stall') await request.aborted
  }

const faults: readonly (readonly [what: string, script: Script, status: number])[] = [
  ['breaks the connection when the request begins', (_, wire) => wire.reset(), 502],
  ['closes the connection when the request begins', (_, wire) => wire.close(), 502],
  ['breaks the connection instead of answering', then('', 'reset'), 502],
  ['closes the connection instead of answering', then('', 'close'), 502],
  ['breaks the connection inside the head', then('HTTP/1.1 200 OK\r\nContent-Ty', 'reset'), 502],
  ['closes the connection inside the head', then('HTTP/1.1 200 OK\r\nContent-Ty', 'close'), 502],
  ['closes the connection after an informational response', then('HTTP/1.1 103 Early Hints\r\n\r\n', 'close'), 502],
  ['never answers', then('', 'stall'), 504],
  ['stalls inside the head', then('HTTP/1.1 200 OK\r\nContent-Ty', 'stall'), 504],
  ['sends garbage', then(Buffer.from([0, 255, 13, 10, 1, 2, 3]), 'keep'), 502],
  ['speaks another protocol', then('SSH-2.0-OpenSSH_9.2\r\n', 'keep'), 502],
  ['sends a status line that is none', then('HTTP/1.1 OK\r\n\r\n', 'keep'), 502],
  ['sends a header that is none', then('HTTP/1.1 200 OK\r\nno colon here\r\n\r\n', 'close'), 502],
  ['sends a content-length that is none', then('HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}', 'close'), 502],
  [
    'sends two different lengths',
    then('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} ', 'close'),
    502,
  ],
  ['sends a header without end', then(`HTTP/1.1 200 OK\r\nx-huge: ${'h'.repeat(400_000)}\r\n\r\n`, 'close'), 502],
  [
    'sends headers without end',
    then(`HTTP/1.1 200 OK\r\n${`x-many: ${'1'.repeat(100)}\r\n`.repeat(3_000)}\r\n`, 'close'),
    502,
  ],
]

for (const [what, script, status] of faults) {
  test(`a provider that ${what} is a ${status} in each dialect, with and without a stream`, async () => {
    rig.upstream.script = script
    const cases = DIALECTS.flatMap(sample => [true, false].map(isStream => ({ sample, isStream })))
    await Promise.all(
      cases.map(async ({ sample, isStream }) => {
        const response = await send(rig.gateway.port, sampleRequest(sample, isStream))
        expect(refusalProblems(response, sample, status), `${sample.name}, stream: ${isStream}`).toEqual([])
      }),
    )
  })
}

test.each([
  'SSH-2.0-OpenSSH_9.2\r\n',
  'HTTP/1.1 9999 What\r\n\r\n',
])('what is not HTTP is called so, and the provider is not asked again: %j', async bytes => {
  const trying = await startRig({ plugins: [limitAttempts({ retries: 2, delay: 1 })] })
  trying.upstream.script = then(bytes, 'close')
  const response = await send(trying.gateway.port, sampleRequest(dialect('openai-chat'), false))
  expect(response.body.toString()).toContain('LR_UPSTREAM_PROTOCOL')
  expect(trying.upstream.requests).toHaveLength(1)
  await trying.close()
})

test('a provider that refuses the connection is a 502 in each dialect', async () => {
  const server = createServer()
  const port = await listenOnFreePort(server)
  await new Promise(resolve => server.close(resolve))
  const refused = await startRig({ plugins: [limitAttempts()], providers: providersAt(`http://127.0.0.1:${port}`) })
  for (const sample of DIALECTS) {
    const response = await send(refused.gateway.port, sampleRequest(sample, true))
    expect(refusalProblems(response, sample, 502), sample.name).toEqual([])
  }
  await refused.close()
})

test('a provider slower than timeout_secs is a 504', async () => {
  rig.upstream.script = then('', 'stall')
  const slow = await startRig({
    providers: providersAt(rig.upstream.url),
    http_client: { timeout_secs: 1, max_retries: 0 },
  })
  const response = await send(slow.gateway.port, sampleRequest(dialect('openai-chat'), false))
  expect(refusalProblems(response, dialect('openai-chat'), 504)).toEqual([])
  await slow.close()
})

test('a connection lost before the answer is tried again as often as the plan says', async () => {
  const retrying = await startRig({ plugins: [limitAttempts({ retries: 2, delay: 1 })] })
  let tries = 0
  retrying.upstream.script = async (request, wire) => {
    await request.complete
    if (++tries < 3) wire.reset()
    else await wire.answer({ body: '{"id":"third"}' })
  }
  const response = await send(retrying.gateway.port, sampleRequest(dialect('openai-chat'), true))
  expect([response.status, response.body.toString(), tries]).toEqual([200, '{"id":"third"}', 3])
  const bodies = retrying.upstream.requests.map(request => request.body().toString())
  expect(new Set(bodies).size).toBe(1)
  await retrying.close()
})

test('a kept connection that the provider has closed meanwhile costs no request', async () => {
  rig.upstream.script = async (request, wire) => {
    await request.complete
    await wire.answer({ body: '{}' })
    setImmediate(() => wire.reset())
  }
  for (let n = 0; n < 30; n++) {
    const response = await send(rig.gateway.port, sampleRequest(dialect('openai-chat'), false))
    expect(response.status).toBe(200)
  }
})

test('kept connections that are all dead, as after a restart in between, cost no request', async () => {
  const kept = await startRig({})
  const [sample] = DIALECTS
  let isRestarted = false
  const known = new Set<number>()
  kept.upstream.script = async (request, wire) => {
    await request.complete
    if (isRestarted && known.has(request.connection)) return wire.reset()
    known.add(request.connection)
    // All at once, so that each has a connection of its own.
    await until(() => isRestarted || known.size === 8, 'all have come')
    await wire.answer({ body: '{}' })
  }
  await Promise.all(Array.from({ length: 8 }, () => send(kept.gateway.port, sampleRequest(sample!, false))))
  isRestarted = true
  const { length } = kept.upstream.requests
  expect((await send(kept.gateway.port, sampleRequest(sample!, false))).status).toBe(200)
  expect(kept.upstream.requests.length - length).toBe(2)
  await kept.close()
})

test('an error of the provider passes as it is, HTML included, and says where it comes from', async () => {
  for (const status of [400, 401, 403, 404, 408, 413, 422, 429, 500, 502, 503, 504, 529]) {
    rig.upstream.script = async (request, wire) => {
      await request.complete
      await wire.answer({
        status,
        headers: [
          ['content-type', 'text/html'],
          ['Retry-After', '17'],
        ],
        body: `<html><h1>${status}</h1></html>`,
      })
    }
    const response = await send(rig.gateway.port, sampleRequest(dialect('anthropic-messages'), true))
    const headers = Object.fromEntries(response.headers.map(([name, value]) => [name.toLowerCase(), value]))
    expect([response.status, response.body.toString()]).toEqual([status, `<html><h1>${status}</h1></html>`])
    expect(headers).toMatchObject({ 'x-lunaroute-error-source': 'upstream', 'retry-after': '17' })
    expect(headers['x-lunaroute-request-id']).toBeTruthy()
  }
})
