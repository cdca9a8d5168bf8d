import { readFileSync } from 'node:fs'
import Anthropic, {
  APIError,
  AuthenticationError,
  ContentTooLargeError,
  GatewayTimeoutError,
  InternalServerError,
  OverloadedError,
  RateLimitError,
} from '@anthropic-ai/sdk'
import type { ErrorView, LlmRequest, RequestHead } from 'lunaroute'
import { describe, expect, it } from 'vitest'
import config from './example.config.ts'
import anthropic from './index.ts'
import { anthropicMessages } from './messages.ts'

const uuid = '550e8400-e29b-41d4-a716-446655440000'
const failure: ErrorView = {
  status: 502,
  code: 'LR_UPSTREAM_CUT',
  message: 'anthropic closed the connection before the end of its answer',
  param: undefined,
  requestId: 'req_1',
}

describe('a claim', () => {
  it.each([
    ['/v1/models', { 'anthropic-version': '2026-10-21', authorization: 'Bearer k' }],
    ['/v1/files', { 'anthropic-beta': 'files-api-2025-04-14' }],
    ['/v1/models', { 'x-api-key': 'k' }],
    ['/v1/messages/batches', {}],
    ['/v1/complete', {}],
    ['/v1/organizations/me', {}],
    ['/api/hello', {}],
    ['/api/event_logging/batch', {}],
    ['/api/claude_cli_profile', {}],
  ])('is made for %s with %o', (path, headers) => {
    expect(anthropicMessages.claims(head(path, headers))).toBe(true)
  })

  it.each([
    ['/v1/models', { authorization: 'Bearer k' }],
    ['/v1/models', { 'x-goog-api-key': 'k' }],
    ['/v1/completions', {}],
    ['/v1/organization/costs', { authorization: 'Bearer k' }],
    ['/v1/messages-of-ours', {}],
    ['/', {}],
  ])('is not made for %s with %o', (path, headers) => {
    expect(anthropicMessages.claims(head(path, headers))).toBe(false)
  })
})

describe('the session', () => {
  it.each([
    ['x-session-id', { 'x-session-id': 'a', 'x-claude-code-session-id': 'b' }, 'a'],
    ['x-claude-code-session-id', { 'x-claude-code-session-id': 'b', 'x-session-affinity': 'c' }, 'b'],
    ['x-session-affinity', { 'x-session-affinity': 'c' }, 'c'],
    ['the next source when one is malformed', { 'x-session-id': 'a b', 'x-claude-code-session-id': 'b' }, 'b'],
    ['the body when all headers are malformed', { 'x-session-id': 'é' }, 'user'],
  ])('comes from %s', (_, headers, session) => {
    expect(anthropicMessages.session?.(request(headers, 'user'))).toBe(session)
  })

  it.each([
    ['an object', { device_id: 'd', session_id: uuid }, uuid],
    ['a JSON string', JSON.stringify({ device_id: 'd', account_uuid: '', session_id: uuid }), uuid],
    ['the old form', `user_abc123_account_def456_session_${uuid}`, uuid],
    ['the text after the last mark', 'user_session_a_session_b', 'b'],
    ['a bare token', 'tenant-7', 'tenant-7'],
    ['no more than a JSON string names', '{"user":"a_session_b"}', undefined],
    ['nothing that is too long', 'x'.repeat(256), undefined],
    ['nothing but ASCII', 'naïve', undefined],
    ['no path', '../../etc', undefined],
    ['no broken JSON', '{"session_id":"a', undefined],
    ['no number', 7, undefined],
    ['no null', null, undefined],
  ])('takes from metadata.user_id %s', (_, user, session) => {
    expect(anthropicMessages.session?.(request({}, user))).toBe(session)
  })

  it('is unknown without metadata', () => {
    expect(anthropicMessages.session?.({ ...request({}, ''), peek: () => undefined })).toBeUndefined()
  })
})

describe('an error', () => {
  it.each([
    [400, 'invalid_request_error'],
    [401, 'authentication_error'],
    [402, 'billing_error'],
    [403, 'permission_error'],
    [404, 'not_found_error'],
    [405, 'invalid_request_error'],
    [413, 'request_too_large'],
    [429, 'rate_limit_error'],
    [500, 'api_error'],
    [502, 'api_error'],
    [503, 'api_error'],
    [504, 'timeout_error'],
    [529, 'overloaded_error'],
  ])('with status %i has type %s', (status, type) => {
    const body = anthropicMessages.errorBody({ ...failure, status })
    expect(body).toMatchObject({ type: 'error', error: { type, message: failure.message }, request_id: 'req_1' })
  })

  it.each([
    [401, AuthenticationError],
    [413, ContentTooLargeError],
    [429, RateLimitError],
    [502, InternalServerError],
    [504, GatewayTimeoutError],
    [529, OverloadedError],
  ])('with status %i is read by the SDK', async (status, type) => {
    const client = sdk(Response.json(anthropicMessages.errorBody({ ...failure, status, param: 'model' }), { status }))
    const error = await client.messages
      .create({ model: 'm', max_tokens: 1, messages: [] })
      .then(null, (reason: unknown) => reason)
    expect(error).toBeInstanceOf(type)
    expect(error).toMatchObject({ status, apiMessage: failure.message, errorCode: failure.code })
    expect(error).toMatchObject({ details: { param: 'model' } })
  })

  it('ends a stream in the SDK', async () => {
    const text = `event: ping\ndata: {"type":"ping"}\n\n${anthropicMessages.errorEvent(failure, 'sse')}`
    const client = sdk(new Response(text, { headers: { 'content-type': 'text/event-stream' } }))
    const stream = await client.messages.create({ model: 'm', max_tokens: 1, messages: [], stream: true })
    const error = await (async () => {
      for await (const _ of stream);
    })().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(APIError)
    expect(error).toMatchObject({ type: 'api_error', errorCode: failure.code })
  })
})

it('a configured key travels as x-api-key', () => {
  expect(anthropicMessages.credentials.header('k')).toEqual(['x-api-key', 'k'])
})

it('the provider speaks the dialect of the plugin', () => {
  expect(anthropic().providers.anthropic?.dialect).toBe(anthropicMessages.name)
})

it('the example in the README is example.config.ts, and holds this plugin', () => {
  const read = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8')
  expect(read('README.md')).toContain(read('example.config.ts'))
  expect(config.plugins).toContainEqual(expect.objectContaining({ name: 'anthropic' }))
})

function head(path: string, fields: object): RequestHead {
  const headers = new Map<string, string>(Object.entries(fields))
  return { method: 'GET', path, query: '', get: name => headers.get(name), has: name => headers.has(name) }
}

function request(headers: object, user: unknown): LlmRequest {
  const peek = (field: string) => (field === 'metadata' ? { user_id: user } : undefined)
  return { head: head('/v1/messages', headers), peek } as LlmRequest
}

function sdk(response: Response) {
  return new Anthropic({ apiKey: 'k', maxRetries: 0, fetch: async () => response })
}
