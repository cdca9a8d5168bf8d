import { readFileSync } from 'node:fs'
import type { ErrorView, LlmRequest, RequestHead } from 'lunaroute'
import OpenAI, { APIError, AuthenticationError, InternalServerError, RateLimitError } from 'openai'
import { describe, expect, it } from 'vitest'
import { openaiChat } from './chat.ts'
import config from './example.config.ts'
import openai from './index.ts'
import { openaiResponses } from './responses.ts'

const dialects = [openaiChat, openaiResponses]
const failure: ErrorView = {
  status: 504,
  code: 'LR_UPSTREAM_TIMEOUT',
  message: 'openai sent nothing for 600 s',
  param: undefined,
  requestId: 'req_1',
}

describe('endpoints', () => {
  it.each(dialects)('of $name exist with and without /v1', ({ endpoints }) => {
    const paths = new Set(endpoints.map(({ method, path }) => `${method} ${path}`))
    for (const { method, path } of endpoints) {
      expect(paths).toContain(path.startsWith('/v1/') ? `${method} ${path.slice(3)}` : `${method} /v1${path}`)
    }
  })

  it('keep out of /v1/files, which Anthropic serves too', () => {
    expect(openaiChat.endpoints.filter(({ path }) => path.startsWith('/v1/files'))).toEqual([])
  })

  it('take a replayed response for a stream', () => {
    const [first] = openaiResponses.endpoints.filter(({ path }) => path === '/v1/responses/{id}')
    expect(first).toMatchObject({ method: 'GET', query: { stream: 'true' }, stream: 'sse' })
  })
})

describe('a claim', () => {
  const bearer = { authorization: 'Bearer k' }

  it.each([
    ['GET', '/v1/models', {}],
    ['GET', '/v1/models', bearer],
    ['GET', '/v1/models/ft:gpt-4o:acme:support:id', bearer],
    ['POST', '/v1/audio/transcriptions', {}],
    ['GET', '/v1/organization/costs', bearer],
    ['POST', '/something/new', bearer],
  ])('of %s %s with %o is for chat', (method, path, headers) => {
    expect(dialects.filter(d => d.claims(head({ method, path, headers }))).map(d => d.name)).toEqual(['openai-chat'])
  })

  it.each(['/v1/responses', '/responses/resp_1', '/v1/conversations/conv_1'])('of %s is for responses', path => {
    const claimed = dialects.filter(d => d.claims(head({ path, headers: bearer })))
    expect(claimed.map(d => d.name)).toEqual(['openai-responses'])
  })

  it.each([
    ['GET', '/v1/models', '', { ...bearer, 'anthropic-version': '2026-10-21' }],
    ['GET', '/v1/models', '', { 'x-api-key': 'k' }],
    ['GET', '/v1/models', '', { 'x-goog-api-key': 'k' }],
    ['GET', '/v1/models', 'pageSize=5&key=k', {}],
    ['POST', '/v1/models/gemini-2.5-flash:countTokens', '', bearer],
    ['POST', '/v1beta/openai/chat/completions', '', bearer],
    ['GET', '/v1/messages/batches', '', bearer],
    ['POST', '/api/event_logging/batch', '', bearer],
    ['HEAD', '/', '', {}],
  ])('is not made for %s %s?%s with %o', (method, path, query, headers) => {
    expect(dialects.some(d => d.claims(head({ method, path, query, headers })))).toBe(false)
  })
})

describe('the session', () => {
  it.each([
    ['session_id', { session_id: 'a', 'session-id': 'b' }, {}, 'a'],
    ['session-id, also of a subagent on another thread', { 'session-id': 'b', 'thread-id': 't' }, {}, 'b'],
    ['x-session-id before the body', { 'x-session-id': 'c' }, { prompt_cache_key: 'k' }, 'c'],
    ['conversation_id', { conversation_id: 'd' }, {}, 'd'],
    ['x-session-affinity', { 'x-session-affinity': 'e' }, {}, 'e'],
    ['conversation', {}, { conversation: 'conv_1', prompt_cache_key: 'k' }, 'conv_1'],
    ['conversation.id', {}, { conversation: { id: 'conv_2' } }, 'conv_2'],
    ['metadata.session_id', {}, { metadata: { id: 'no', session_id: 'f' } }, 'f'],
    ['client_metadata.session_id', {}, { client_metadata: { session_id: 'g' } }, 'g'],
    ['prompt_cache_key', {}, { prompt_cache_key: 'k' }, 'k'],
  ])('comes from %s', (_, headers, body, session) => {
    for (const dialect of dialects) expect(dialect.session?.(request(headers, body))).toBe(session)
  })

  it.each(['', 'a b', '../x', 'é', 'x'.repeat(256), 'a\n'])('ignores the malformed id %j', id => {
    expect(openaiChat.session?.(request({ session_id: id }, { prompt_cache_key: 'next' }))).toBe('next')
  })

  it('is not the user, nor any part of metadata but session_id', () => {
    expect(openaiChat.session?.(request({}, { user: 'u', metadata: { id: 'm' } }))).toBeUndefined()
  })

  it.each(dialects)('of $name reads peeked fields only', dialect => {
    const asked: string[] = []
    dialect.session?.({ ...request({}, {}), peek: field => void asked.push(field) })
    expect(dialect.peek).toEqual(expect.arrayContaining(asked))
  })
})

describe('an error', () => {
  it.each([
    [400, 'invalid_request_error'],
    [401, 'authentication_error'],
    [403, 'permission_error'],
    [404, 'invalid_request_error'],
    [413, 'invalid_request_error'],
    [429, 'rate_limit_error'],
    [502, 'server_error'],
  ])('with status %i has type %s', (status, type) => {
    expect(openaiChat.errorBody({ ...failure, status })).toMatchObject({ error: { type, param: null } })
  })

  it.each([
    [401, AuthenticationError],
    [429, RateLimitError],
    [503, InternalServerError],
  ])('with status %i is read by the SDK', async (status, type) => {
    const view = { ...failure, status, param: 'model' }
    const client = sdk(Response.json(openaiChat.errorBody(view), { status }))
    const error = await client.chat.completions.create({ model: 'm', messages: [] }).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(type)
    expect(error).toMatchObject({ status, code: failure.code, param: 'model', error: { message: failure.message } })
  })

  it('ends a chat stream in the SDK', async () => {
    const chunk = { id: 'c', object: 'chat.completion.chunk', choices: [] }
    const client = sdk(sse(`data: ${JSON.stringify(chunk)}\n\n${openaiChat.errorEvent(failure, 'sse')}`))
    const stream = await client.chat.completions.create({ model: 'm', messages: [], stream: true })
    await expectBroken(stream, 'server_error')
  })

  it('ends a responses stream in the SDK', async () => {
    const chunk = { type: 'response.output_text.delta', sequence_number: 4, delta: 'x' }
    const event = `event: ${chunk.type}\ndata: ${JSON.stringify(chunk)}\n\n${openaiResponses.errorEvent(failure, 'sse')}`
    const stream = await sdk(sse(event)).responses.create({ model: 'm', input: 'x', stream: true })
    await expectBroken(stream, 'server_error')
  })

  it('of a responses stream has its fields both flat and nested', () => {
    const [, data] = openaiResponses.errorEvent(failure, 'sse').trimEnd().split('\ndata: ')
    const fields = { code: failure.code, message: failure.message, param: null }
    expect(JSON.parse(data!)).toMatchObject({ type: 'error', sequence_number: 0, ...fields, error: fields })
  })
})

it('a configured key travels as a bearer token', () => {
  expect(openaiChat.credentials.header('k')).toEqual(['authorization', 'Bearer k'])
})

it('the provider speaks the dialects of the plugin', () => {
  const { providers, dialects } = openai()
  expect(providers.openai?.dialect).toEqual(dialects.map(({ name }) => name))
})

it('the example in the README is example.config.ts, and holds this plugin', () => {
  const read = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8')
  expect(read('README.md')).toContain(read('example.config.ts'))
  expect(config.plugins).toContainEqual(expect.objectContaining({ name: 'openai' }))
})

function head(parts: { method?: string; path?: string; query?: string; headers?: object }): RequestHead {
  const headers = new Map<string, string>(Object.entries(parts.headers ?? {}))
  const { method = 'GET', path = '/', query = '' } = parts
  return { method, path, query, get: name => headers.get(name), has: name => headers.has(name) }
}

function request(headers: object, body: object): LlmRequest {
  const fields = new Map<string, unknown>(Object.entries(body))
  const known = { head: head({ method: 'POST', headers }), peek: (field: string) => fields.get(field) }
  return known as LlmRequest
}

function sdk(response: Response) {
  return new OpenAI({ apiKey: 'k', maxRetries: 0, fetch: async () => response })
}

function sse(text: string) {
  return new Response(text, { headers: { 'content-type': 'text/event-stream' } })
}

async function expectBroken(stream: AsyncIterable<unknown>, type: string) {
  let count = 0
  const error = await (async () => {
    for await (const _ of stream) count++
  })().catch((e: unknown) => e)
  expect(count).toBe(1)
  expect(error).toBeInstanceOf(APIError)
  expect(error).toMatchObject({ type, code: failure.code, message: failure.message })
}
