import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ApiError, GoogleGenAI } from '@google/genai'
import type { ErrorView, LlmRequest, RequestHead } from 'lunaroute'
import { describe, expect, it } from 'vitest'
import config from './example.config.ts'
import { gemini } from './gemini.ts'
import plugin from './index.ts'

const failure: ErrorView = {
  status: 503,
  code: 'LR_NO_PROVIDER',
  message: 'no provider serves gemini-2.5-pro',
  param: undefined,
  requestId: 'req_1',
}

describe('endpoints', () => {
  it('are the same under both versions', () => {
    const under = (version: string) => gemini.endpoints.filter(({ path }) => path.startsWith(`${version}/`)).length
    expect(under('/v1beta')).toBe(under('/v1'))
    expect(under('/v1beta') * 2).toBe(gemini.endpoints.length)
  })

  it('of a stream are events with alt=sse, and an array otherwise', () => {
    const streams = gemini.endpoints.filter(({ path }) => path === '/v1beta/models/{model}:streamGenerateContent')
    expect(streams.map(({ query, stream }) => [query, stream])).toEqual([
      [{ alt: 'sse' }, 'sse'],
      [{ $alt: 'sse' }, 'sse'],
      [undefined, 'json-array'],
    ])
  })
})

describe('a claim', () => {
  it.each([
    ['GET', '/v1/models', '', { 'x-goog-api-key': 'k' }],
    ['GET', '/v1/models', '', { 'x-goog-api-client': 'google-genai-sdk/3.1.0' }],
    ['GET', '/v1/models', 'pageSize=5&key=k', {}],
    ['GET', '/v1beta/files', '', {}],
    ['POST', '/upload/v1beta/files', '', {}],
    ['POST', '/v1beta/openai/chat/completions', '', { authorization: 'Bearer k' }],
    ['GET', '/v1alpha/models', '', {}],
    ['POST', '/v1/models/gemini-2.5-flash:countTokens', '', { authorization: 'Bearer k' }],
    ['POST', '/v1/tunedModels/mine:generateContent', '', {}],
  ])('is made for %s %s?%s with %o', (method, path, query, headers) => {
    expect(gemini.claims(head({ method, path, query, headers }))).toBe(true)
  })

  it.each([
    ['GET', '/v1/models', '', { authorization: 'Bearer k' }],
    ['GET', '/v1/models', '', { 'anthropic-version': '2023-06-01' }],
    ['GET', '/v1/models', 'monkey=1', {}],
    ['GET', '/v1/models/ft:gpt-4o:acme:support:id', '', { authorization: 'Bearer k' }],
    ['POST', '/v1/chat/completions', '', {}],
    ['GET', '/', '', {}],
  ])('is not made for %s %s?%s with %o', (method, path, query, headers) => {
    expect(gemini.claims(head({ method, path, query, headers }))).toBe(false)
  })
})

describe('the session', () => {
  it.each([
    [{ 'x-session-id': 'a', 'x-session-affinity': 'b' }, 'a'],
    [{ 'x-session-id': 'a b', 'x-session-affinity': 'b' }, 'b'],
    [{ 'x-session-id': 'ü' }, undefined],
    [{ 'x-session-id': 'x'.repeat(256) }, undefined],
    [{}, undefined],
  ])('of %o is %s', (headers, session) => {
    expect(gemini.session?.({ head: head({ headers }) } as LlmRequest)).toBe(session)
  })
})

describe('an error', () => {
  it.each([
    [400, 'INVALID_ARGUMENT'],
    [401, 'UNAUTHENTICATED'],
    [403, 'PERMISSION_DENIED'],
    [404, 'NOT_FOUND'],
    [405, 'INVALID_ARGUMENT'],
    [413, 'INVALID_ARGUMENT'],
    [429, 'RESOURCE_EXHAUSTED'],
    [500, 'INTERNAL'],
    [502, 'UNAVAILABLE'],
    [503, 'UNAVAILABLE'],
    [504, 'DEADLINE_EXCEEDED'],
  ])('with status %i is %s', (code, status) => {
    expect(gemini.errorBody({ ...failure, status: code })).toMatchObject({ error: { code, status } })
  })

  it('has the code as its reason, and names the field at fault', () => {
    expect(gemini.errorBody({ ...failure, param: 'contents' })).toMatchObject({
      error: {
        details: [
          { reason: 'LR_NO_PROVIDER', domain: 'lunaroute', metadata: { requestId: 'req_1' } },
          { fieldViolations: [{ field: 'contents', description: failure.message }] },
        ],
      },
    })
  })

  it('is read by the SDK', async () => {
    await using server = await upstream(failure.status, 'application/json', JSON.stringify(gemini.errorBody(failure)))
    const error = await server.sdk.models.generateContent({ model: 'm', contents: 'x' }).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(ApiError)
    expect((error as ApiError).status).toBe(503)
    expect(JSON.parse((error as ApiError).message)).toEqual(gemini.errorBody(failure))
  })

  it('ends a stream of events in the SDK', async () => {
    const text = `data: {"candidates":[]}\r\n\r\n${gemini.errorEvent(failure, 'sse')}`
    await using server = await upstream(200, 'text/event-stream', text)
    const stream = await server.sdk.models.generateContentStream({ model: 'm', contents: 'x' })
    const error = await (async () => {
      for await (const _ of stream);
    })().catch((e: unknown) => e)
    expect(error).toBeInstanceOf(ApiError)
    expect((error as ApiError).status).toBe(503)
  })

  it('is the last element of a stream of array elements', () => {
    const text = `[{"candidates":[]}\n${gemini.errorEvent(failure, 'json-array')}`
    expect(JSON.parse(text)).toEqual([{ candidates: [] }, gemini.errorBody(failure)])
  })
})

it('a configured key travels as x-goog-api-key', () => {
  expect(gemini.credentials.header('k')).toEqual(['x-goog-api-key', 'k'])
})

it('the provider speaks the dialect of the plugin', () => {
  expect(plugin().providers.gemini?.dialect).toBe(gemini.name)
})

it('the example in the README is example.config.ts, and holds this plugin', () => {
  const read = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8')
  expect(read('README.md')).toContain(read('example.config.ts'))
  expect(config.plugins).toContainEqual(expect.objectContaining({ name: 'gemini' }))
})

function head(parts: { method?: string; path?: string; query?: string; headers?: object }): RequestHead {
  const headers = new Map<string, string>(Object.entries(parts.headers ?? {}))
  const { method = 'GET', path = '/', query = '' } = parts
  return { method, path, query, get: name => headers.get(name), has: name => headers.has(name) }
}

async function upstream(status: number, type: string, body: string) {
  const server = createServer((_, response) => response.writeHead(status, { 'content-type': type }).end(body))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    sdk: new GoogleGenAI({
      apiKey: 'k',
      httpOptions: { baseUrl: `http://127.0.0.1:${port}`, retryOptions: { attempts: 1 } },
    }),
    [Symbol.asyncDispose]: () =>
      new Promise<void>(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
