import { describe, expect, it } from 'vitest'
import { EndpointTable } from '../src/endpoints.ts'
import { dialectOf, endpoint, headOf } from './support/dialect.ts'

const chat = dialectOf('chat', {
  endpoints: [
    endpoint('POST', '/v1/chat'),
    endpoint('GET', '/v1/models'),
    endpoint('GET', '/v1/models/{model}'),
    endpoint('DELETE', '/v1/models/{model}'),
    endpoint('GET', '/v1/files/{id}/content'),
  ],
  claims: head => head.has('chat-key'),
})
const verbs = dialectOf('verbs', {
  endpoints: [
    endpoint('GET', '/v1/models'),
    endpoint('GET', '/v1/models/{model}'),
    endpoint('POST', '/v1/models/{model}:stream', { query: { alt: 'sse' }, stream: 'sse' }),
    endpoint('POST', '/v1/models/{model}:stream', { stream: 'json-array' }),
    endpoint('POST', '/v1/batches/{id}:cancel'),
  ],
  claims: head => head.has('verbs-key'),
})
const table = new EndpointTable([chat, verbs])

function find(method: string, target: string, headers = {}, served: readonly string[] | null = null) {
  const found = table.find(headOf(method, target, headers), served && new Set(served))
  return found && { ...found, dialect: found.dialect.name }
}

describe('a path', () => {
  it('finds its dialect and endpoint', () => {
    expect(find('POST', '/v1/chat')).toMatchObject({ kind: 'match', dialect: 'chat', model: null })
  })

  it('that nobody serves finds nothing', () => {
    expect(find('POST', '/v1/chats')).toBeNull()
    expect(find('POST', '/v1/chat/')).toBeNull()
  })

  it('with another method finds the methods it takes', () => {
    expect(find('PUT', '/v1/chat')).toEqual({ kind: 'method', dialect: 'chat', allow: ['POST'] })
    expect(find('PUT', '/v1/models/m')).toMatchObject({ kind: 'method', allow: ['GET', 'DELETE'] })
  })

  it('of a dialect this listener does not serve is elsewhere', () => {
    expect(find('POST', '/v1/chat', {}, ['verbs'])).toEqual({ kind: 'elsewhere', dialect: 'chat' })
  })

  it('that a served dialect has too is served, though the other has it first', () => {
    expect(find('GET', '/v1/models', {}, ['verbs'])).toMatchObject({ kind: 'match', dialect: 'verbs' })
  })

  it('of several dialects goes to the one that claims the request, else to the first', () => {
    expect(find('GET', '/v1/models', { 'verbs-key': 'k' })).toMatchObject({ dialect: 'verbs' })
    expect(find('GET', '/v1/models', { 'chat-key': 'k' })).toMatchObject({ dialect: 'chat' })
    expect(find('GET', '/v1/models')).toMatchObject({ dialect: 'chat' })
  })

  it('of several dialects, only one of which takes the method, goes to that one whoever claims it', () => {
    expect(find('DELETE', '/v1/models/m', { 'verbs-key': 'k' })).toMatchObject({ kind: 'match', dialect: 'chat' })
  })
})

describe('a placeholder', () => {
  it('takes one segment', () => {
    expect(find('GET', '/v1/files/f1/content')).toMatchObject({ kind: 'match' })
    expect(find('GET', '/v1/files/f1/f2/content')).toBeNull()
    expect(find('GET', '/v1/files//content')).toBeNull()
  })

  it('does not swallow the verb after it', () => {
    expect(find('POST', '/v1/batches/b1:cancel')).toMatchObject({ kind: 'match' })
    expect(find('POST', '/v1/batches/b1:forget')).toBeNull()
  })
})

describe('a model in the path', () => {
  it.each([
    ['/v1/models/gpt', 'gpt'],
    ['/v1/models/publishers/acme/models/m-1', 'publishers/acme/models/m-1'],
    ['/v1/models/caf%C3%A9', 'café'],
    ['/v1/models/100%', '100%'],
    ['/v1/models/ft:gpt-4o:acme:support:id', 'ft:gpt-4o:acme:support:id'],
  ])('of GET %s is %s', (path, name) => {
    expect(find('GET', path)).toMatchObject({ kind: 'match', dialect: 'chat', model: { name } })
  })

  it('may hold colons before the verb', () => {
    expect(find('POST', '/v1/models/qwen3:8b:stream')).toMatchObject({ dialect: 'verbs', model: { name: 'qwen3:8b' } })
  })

  it('is told with its place, so that it can be replaced', () => {
    const path = '/v1/models/a/b:stream'
    const found = find('POST', path)
    expect(found).toMatchObject({ kind: 'match', dialect: 'verbs', model: { name: 'a/b' } })
    const { start, end } = (found as { model: { start: number; end: number } }).model
    expect(path.slice(start, end)).toBe('a/b')
  })

  it('with a verb that nobody serves finds nothing, so that it can be passed on as it is', () => {
    expect(find('POST', '/v1/models/m:predict')).toBeNull()
  })
})

describe('a query', () => {
  it('that an endpoint asks for chooses between two of the same path', () => {
    const stream = (target: string) => (find('POST', target) as { endpoint: { stream?: string } }).endpoint.stream
    expect(stream('/v1/models/m:stream?alt=sse&key=k')).toBe('sse')
    expect(stream('/v1/models/m:stream?alt=json')).toBe('json-array')
    expect(stream('/v1/models/m:stream')).toBe('json-array')
  })
})
