import { ApiError, GoogleGenAI } from '@google/genai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { CLIENT_KEY } from '../support/dialects.ts'
import { headerOf } from '../support/http-message.ts'
import { endless, json, stream } from '../support/provider.ts'
import { type Rig, startRig } from '../support/roundtrip.ts'

let rig: Rig
let client: GoogleGenAI
beforeAll(async () => {
  rig = await startRig()
  client = new GoogleGenAI({
    apiKey: CLIENT_KEY,
    httpOptions: { baseUrl: rig.gateway.url, retryOptions: { attempts: 1 } },
  })
})
beforeEach(() => {
  rig.upstream.requests.length = 0
})
afterAll(() => rig?.close())

const ask = { model: 'gemini-2.5-flash', contents: 'weather in Paris?' }
const answer = (parts: readonly object[], finishReason?: string): object => ({
  candidates: [{ content: { role: 'model', parts }, index: 0, ...(finishReason && { finishReason }) }],
  usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 2, totalTokenCount: 7 },
  modelVersion: 'gemini-2.5-flash',
})
const event = (payload: object): string => `data: ${JSON.stringify(payload)}\r\n\r\n`

test('content comes through the Google SDK', async () => {
  rig.upstream.script = json(answer([{ text: 'Sunny.' }], 'STOP'))
  expect((await client.models.generateContent(ask)).text).toBe('Sunny.')
  const [request] = rig.upstream.requests
  expect(request!.target).toMatch(/^\/v1(beta)?\/models\/gemini-2\.5-flash:generateContent$/)
  expect(headerOf(request!.headers, 'x-goog-api-key')).toBe(CLIENT_KEY)
})

test('streamed content comes through the Google SDK', async () => {
  rig.upstream.script = stream([
    event(answer([{ text: 'Sunny, 21\u00b0' }])),
    event(answer([{ text: 'C' }])),
    event(answer([{ text: '' }], 'STOP')),
  ])
  const parts: (string | undefined)[] = []
  for await (const chunk of await client.models.generateContentStream(ask)) parts.push(chunk.text)
  expect(parts.slice(0, 2)).toEqual(['Sunny, 21\u00b0', 'C'])
  expect(rig.upstream.requests[0]?.target).toMatch(/:streamGenerateContent\?alt=sse$/)
})

test('function calls come through the Google SDK in a stream, signatures included', async () => {
  const call = { functionCall: { id: 'c1', name: 'get_weather', args: { city: 'Paris' } }, thoughtSignature: 'c2ln' }
  rig.upstream.script = stream([event(answer([call])), event(answer([{ text: '' }], 'STOP'))])
  const tools = [{ functionDeclarations: [{ name: 'get_weather' }] }]
  const calls: unknown[] = []
  for await (const chunk of await client.models.generateContentStream({ ...ask, config: { tools } }))
    calls.push(...(chunk.functionCalls ?? []))
  expect(calls).toEqual([call.functionCall])
  rig.upstream.script = json(answer([{ text: 'Sunny in Paris.' }], 'STOP'))
  const second = await client.models.generateContent({
    model: ask.model,
    contents: [
      { role: 'user', parts: [{ text: ask.contents }] },
      { role: 'model', parts: [call] },
      { role: 'user', parts: [{ functionResponse: { id: 'c1', name: 'get_weather', response: { output: 'sunny' } } }] },
    ],
    config: { tools },
  })
  expect(second.text).toBe('Sunny in Paris.')
  expect(rig.upstream.requests[1]!.body().toString()).toContain('"thoughtSignature":"c2ln"')
})

for (const status of [429, 401, 500]) {
  test(`a ${status} of the provider is the Google SDK\u2019s ApiError`, async () => {
    rig.upstream.script = json({ error: { code: status, message: 'scripted', status: 'SCRIPTED' } }, status, [
      ['retry-after', '7'],
    ])
    const error = await client.models.generateContent(ask).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ status })
    expect((error as ApiError).message).toContain('scripted')
    expect(rig.upstream.requests.length).toBe(1)
  })
}

test('a stream that breaks off is an error in the Google SDK, never a short answer', async () => {
  rig.upstream.script = async (request, wire) => {
    await request.complete
    await wire.head(200, [
      ['content-type', 'text/event-stream'],
      ['transfer-encoding', 'chunked'],
    ])
    await wire.chunk(event(answer([{ text: 'Sun' }])))
    wire.close()
  }
  const read = async (): Promise<void> => {
    for await (const _ of await client.models.generateContentStream(ask));
  }
  await expect(read()).rejects.toThrow()
})

test('a stream the Google SDK aborts is aborted at the provider', async () => {
  rig.upstream.script = endless([event(answer([{ text: 'Sun' }]))])
  const controller = new AbortController()
  let left = 0
  const read = async (): Promise<void> => {
    for await (const _ of await client.models.generateContentStream({
      ...ask,
      config: { abortSignal: controller.signal },
    })) {
      left = performance.now()
      controller.abort()
    }
  }
  await read().catch(() => {})
  expect((await rig.upstream.requests[0]!.aborted) - left).toBeLessThan(100)
})

test('tokens are counted, texts embedded and models listed through the Google SDK', async () => {
  rig.upstream.script = json({ totalTokens: 31 })
  expect((await client.models.countTokens(ask)).totalTokens).toBe(31)
  rig.upstream.script = json({ embedding: { values: [0.5, -1] }, embeddings: [{ values: [0.5, -1] }] })
  const embedded = await client.models.embedContent({ model: 'text-embedding-004', contents: 'hello' })
  expect(embedded.embeddings?.[0]?.values).toEqual([0.5, -1])
  rig.upstream.script = json({ models: [{ name: 'models/gemini-2.5-flash', displayName: 'Flash' }] })
  const names: (string | undefined)[] = []
  for await (const model of await client.models.list()) names.push(model.name)
  expect(names).toEqual(['models/gemini-2.5-flash'])
})
