import * as zlib from 'node:zlib'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import type { Config } from '../../src/config/define.ts'
import { defineConfig, definePlugin } from '../../src/index.ts'
import { DIALECTS, dialect, providersAt, sampleRequest } from '../support/dialects.ts'
import { refusalProblems } from '../support/envelope.ts'
import { headerOf } from '../support/http-message.ts'
import { type RawResponse, send } from '../support/raw-client.ts'
import { type Rig, startRig } from '../support/roundtrip.ts'

const CODINGS = { gzip: gzipSync, 'x-gzip': gzipSync, deflate: deflateSync, br: brotliCompressSync } as const
const { zstdCompressSync } = zlib as { zstdCompressSync?: (bytes: Buffer) => Buffer }
const plain = Buffer.from(JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi '.repeat(5000) }] }))

let rig: Rig | undefined
afterEach(async () => {
  await rig?.close()
  rig = undefined
})

async function sendCoded(coding: string, body: Buffer): Promise<RawResponse> {
  const { headers, ...request } = sampleRequest(dialect('openai-chat'), false)
  return send(rig!.gateway.port, { ...request, headers: [...headers, ['Content-Encoding', coding]], body })
}

/** The last request's body and content coding at the provider. */
function received(): { body: Buffer; coding: string | undefined } {
  const request = rig!.upstream.requests.at(-1)!
  return { body: request.body(), coding: headerOf(request.headers, 'content-encoding') }
}

const seeing = (models: (string | undefined)[]): Config => ({
  plugins: [
    definePlugin({
      name: 'seeing',
      setup: () => ({
        normalize: request => {
          models.push(request.model, String((request.json() as { messages: unknown[] }).messages.length))
          return undefined
        },
      }),
    })(),
  ],
})

for (const [coding, encode] of Object.entries(CODINGS)) {
  test(`a body coded with ${coding} is read by plugins, and leaves as the bytes it came in`, async () => {
    const models: (string | undefined)[] = []
    rig = await startRig(seeing(models))
    const body = encode(plain)
    expect((await sendCoded(coding, body)).status).toBe(200)
    expect(models).toEqual(['m', '1'])
    expect(received()).toEqual({ body, coding })
  })
}

test('several codings are undone from the last to the first', async () => {
  const models: (string | undefined)[] = []
  rig = await startRig(seeing(models))
  const body = brotliCompressSync(gzipSync(plain))
  expect((await sendCoded('gzip, br', body)).status).toBe(200)
  expect(models).toEqual(['m', '1'])
  expect(received()).toEqual({ body, coding: 'gzip, br' })
})

test.runIf(zstdCompressSync)('a body coded with zstd is read where Node can', async () => {
  rig = await startRig()
  const body = zstdCompressSync!(plain)
  expect((await sendCoded('zstd', body)).status).toBe(200)
  expect(received()).toEqual({ body, coding: 'zstd' })
})

test('a changed body leaves without the coding it came in', async () => {
  const change = definePlugin({ name: 'change', setup: () => ({ normalize: request => request.withModel('other') }) })
  rig = await startRig({ plugins: [change()] })
  expect((await sendCoded('gzip', gzipSync(plain))).status).toBe(200)
  const { body, coding } = received()
  expect(body.toString()).toBe(plain.toString().replace('"m"', '"other"'))
  expect(coding).toBeUndefined()
})

test('another provider than the one it was written for gets the body plain', async () => {
  const config = defineConfig({
    plugins: [
      definePlugin({
        name: 'elsewhere',
        setup: () => ({ route: plan => plan.map(attempt => ({ ...attempt, provider: 'other' })) }),
      })(),
    ],
  })
  const upstream = await startRig()
  rig = await startRig({
    ...config,
    providers: {
      ...providersAt(upstream.upstream.url),
      other: { dialect: 'openai-chat', base_url: `${upstream.upstream.url}/v1` },
    },
  })
  expect((await sendCoded('gzip', gzipSync(plain))).status).toBe(200)
  const request = upstream.upstream.requests.at(-1)!
  expect(request.body().equals(plain)).toBe(true)
  expect(headerOf(request.headers, 'content-encoding')).toBeUndefined()
  await upstream.close()
})

test('what its coding hides counts against the limit of a body', async () => {
  rig = await startRig({ http_server: { max_request_body_bytes: 100_000 } })
  const bomb = Buffer.from(`{"model":"m","x":"${'0'.repeat(5_000_000)}"}`)
  for (const [coding, encode] of Object.entries(CODINGS)) {
    const response = await sendCoded(coding, encode(bomb))
    expect(refusalProblems(response, dialect('openai-chat'), 413), coding).toEqual([])
  }
  expect(rig.upstream.requests.length).toBe(0)
})

test('a coding that is broken is a 400, one nobody knows a 415 that names those that are, in each dialect', async () => {
  rig = await startRig()
  for (const sample of DIALECTS) {
    const { headers, ...request } = sampleRequest(sample, false)
    for (const [coding, status] of [
      ['gzip', 400],
      ['br', 400],
      ['lzma', 415],
    ] as const) {
      const response = await send(rig.gateway.port, { ...request, headers: [...headers, ['content-encoding', coding]] })
      expect(refusalProblems(response, sample, status), `${sample.name} ${coding}`).toEqual([])
      if (status === 415) expect(headerOf(response.headers, 'accept-encoding')).toContain('gzip, deflate, br')
    }
  }
  expect(rig.upstream.requests.length).toBe(0)
})

test('a body that is coded as itself is as any other', async () => {
  rig = await startRig()
  expect((await sendCoded('identity', plain)).status).toBe(200)
  expect(received()).toEqual({ body: plain, coding: 'identity' })
})
