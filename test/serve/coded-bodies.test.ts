import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { compress, init } from '@bokuweb/zstd-wasm'
import { afterEach, beforeAll, expect, test } from 'vitest'
import type { Config } from '../../src/config/define.ts'
import { defineConfig, definePlugin } from '../../src/index.ts'
import { DIALECTS, dialect, providersAt, sampleRequest } from '../support/dialects.ts'
import { refusalProblems } from '../support/envelope.ts'
import { headerOf } from '../support/http-message.ts'
import { type RawResponse, send } from '../support/raw-client.ts'
import { type Rig, startRig } from '../support/roundtrip.ts'

const zstd = (bytes: Buffer): Buffer => Buffer.from(compress(bytes))
const CODINGS = { gzip: gzipSync, 'x-gzip': gzipSync, deflate: deflateSync, br: brotliCompressSync, zstd } as const
const plain = Buffer.from(JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi '.repeat(5000) }] }))

beforeAll(() => init())

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

/** A zstd frame as a stream writes it: blocks (RFC 8878, 3.1.1.2), and nothing about how long they are together. */
function zstdFrame(
  window: number,
  ...blocks: readonly (readonly [type: 'raw' | 'repeated', size: number, data: Buffer])[]
) {
  const parts = blocks.map(([type, size, data], i) => {
    const header = (size << 3) | (type === 'raw' ? 0 : 2) | (i === blocks.length - 1 ? 1 : 0)
    return Buffer.concat([Buffer.from([header & 0xff, (header >> 8) & 0xff, header >> 16]), data])
  })
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, window]), ...parts])
}

const MEBIBYTE = 10 << 3

test('a body of zstd frames of unknown length is read', async () => {
  rig = await startRig()
  const [one, two] = [plain.subarray(0, 100), plain.subarray(100)]
  const body = Buffer.concat([
    zstdFrame(MEBIBYTE, ['raw', one.length, one]),
    zstdFrame(MEBIBYTE, ['raw', two.length, two]),
  ])
  expect((await sendCoded('zstd', body)).status).toBe(200)
  expect(received()).toEqual({ body, coding: 'zstd' })
})

test('a zstd body that wants much memory is refused', async () => {
  rig = await startRig({ http_server: { max_request_body_bytes: 1024 * 1024 } })
  const repeated = Array.from({ length: 9 }, () => ['repeated', 128 * 1024, Buffer.from(' ')] as const)
  expect((await sendCoded('zstd', zstdFrame(MEBIBYTE, ...repeated))).status).toBe(413)
  expect((await sendCoded('zstd', zstdFrame(0xff, ['raw', 2, Buffer.from('{}')]))).status).toBe(400)
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
