import { describe, expect, it } from 'vitest'
import { EndpointTable } from '../src/endpoints.ts'
import { checkObject, JsonRequest } from '../src/json-request.ts'
import { dialectOf, endpoint, headOf } from './support/dialect.ts'

const dialect = dialectOf('test', {
  endpoints: [
    endpoint('POST', '/v1/chat'),
    endpoint('POST', '/v1/models/{model}:stream', { stream: 'sse' }),
    endpoint('GET', '/v1/models'),
    endpoint('GET', '/v1/models/{model}'),
    endpoint('POST', '/v1/cancel', { body: 'any' }),
  ],
})
const table = new EndpointTable([dialect])

function request(body: string | Buffer, target = '/v1/chat', method = 'POST'): JsonRequest {
  const head = headOf(method, target)
  const found = table.find(head, null)
  if (found?.kind !== 'match') throw new Error(`${target} is not served`)
  const { path, query } = head
  return new JsonRequest(head, dialect, found.endpoint, Buffer.from(body as string), found.model, { path, query })
}

const targetOf = (each: unknown) => (each as JsonRequest).target

describe('reading', () => {
  const body = '{ "model":"m", "n":1.0, "stream": true, "messages":[{"model":"inner"}] }'

  it('finds the model and whether it is a stream', () => {
    expect(request(body)).toMatchObject({ model: 'm', isStream: true })
    expect(request('{}')).toMatchObject({ model: undefined, isStream: false })
    expect(request('{"model":7,"stream":"yes"}')).toMatchObject({ model: undefined, isStream: false })
  })

  it('finds the model of the path, whatever the body says', () => {
    expect(request('{"model":"other"}', '/v1/models/m%2D1:stream')).toMatchObject({ model: 'm-1', isStream: true })
  })

  it('slices fields out as they stand, in the order asked', () => {
    const sliced = request(body).slices(['messages', 'none', 'n'])
    expect(sliced.map(each => each?.toString())).toEqual(['[{"model":"inner"}]', undefined, '1.0'])
    expect(request('', '/v1/models', 'GET').slices(['n'])).toEqual([undefined])
    expect(() => request('{"n":1,}').slices(['n'])).toThrow('not valid JSON')
  })

  it('peeks at fields of the list and beyond it', () => {
    expect(request(body).peek('n')).toBe(1)
    expect(request(body).peek('messages')).toEqual([{ model: 'inner' }])
    expect(request(body).peek('absent')).toBeUndefined()
  })

  it('parses once', () => {
    const one = request(body)
    expect(one.json()).toBe(one.json())
    expect(one.json()).toEqual(JSON.parse(body))
  })

  it('of a request without a body finds nothing', () => {
    const bare = request('', '/v1/models', 'GET')
    expect(bare).toMatchObject({ model: undefined, isStream: false })
    expect(bare.peek('model')).toBeUndefined()
    expect(bare.json()).toBeUndefined()
  })

  it.each([
    ['{"model": }', 'model'],
    ['{"model":"m"', 'model'],
    ['{"a":[1,2}}', 'a'],
    ['{"model":"\\x"}', 'model'],
    ['{"model":"m","n":[1 2]}', 'n'],
  ])('of the broken body %s is refused as bad JSON', (broken, field) => {
    expect(() => request(broken).peek(field)).toThrow('the request body is not valid JSON')
    expect(() => request(broken).peek(field)).toThrow(expect.objectContaining({ code: 'LR_BAD_JSON', status: 400 }))
    expect(() => request(broken).json()).toThrow(expect.objectContaining({ code: 'LR_BAD_JSON', status: 400 }))
  })
})

describe('with', () => {
  it('replaces fields where they stand and keeps every other byte', () => {
    const changed = request('{ "a" : 1.50,\n"b":"x", "model":"m" }').with({ b: [1], model: 'n' })
    expect(changed.bytes.toString()).toBe('{ "a" : 1.50,\n"b":[1], "model":"n" }')
    expect(changed.model).toBe('n')
  })

  it('adds a field that is not there at the end', () => {
    expect(request('{"a":1 }').with({ b: 2 }).bytes.toString()).toBe('{"a":1,"b":2 }')
    expect(request('{}').with({ b: 2 }).bytes.toString()).toBe('{"b":2}')
  })

  it('changes nothing for undefined', () => {
    const one = request('{"a":1}')
    expect(one.with({ a: undefined }).bytes.toString()).toBe('{"a":1}')
  })

  it('leaves the request it was asked of alone', () => {
    const one = request('{"model":"m"}')
    one.with({ model: 'n' })
    expect(one).toMatchObject({ model: 'm', bytes: Buffer.from('{"model":"m"}') })
  })

  it('keeps bytes that are not UTF-8 or not plain ASCII', () => {
    const bytes = Buffer.concat([Buffer.from('{"t":"é'), Buffer.from([0xff]), Buffer.from('","model":"m"}')])
    const changed = request(bytes).with({ model: 'n' })
    expect(changed.bytes).toEqual(Buffer.concat([bytes.subarray(0, -3), Buffer.from('n"}')]))
  })
})

describe('withModel', () => {
  it('changes the body where the model stands there', () => {
    const changed = request('{"model":"a","stream":true}').withModel('b/c')
    expect(changed.bytes.toString()).toBe('{"model":"b/c","stream":true}')
    expect(targetOf(changed)).toEqual({ path: '/v1/chat', query: '' })
  })

  it('changes the path where the model stands there, and not a byte of the body', () => {
    const one = request('{"contents":[]}', '/v1/models/a:stream?alt=sse')
    const changed = one.withModel('b/c d')
    expect(changed.bytes).toBe(one.bytes)
    expect(changed.model).toBe('b/c d')
    expect(targetOf(changed)).toEqual({ path: '/v1/models/b/c%20d:stream', query: 'alt=sse' })
  })

  it('can be asked again', () => {
    const twice = request('{}', '/v1/models/a:stream').withModel('much-longer').withModel('c')
    expect(targetOf(twice).path).toBe('/v1/models/c:stream')
  })

  it('does not let a name break out of the path', () => {
    expect(targetOf(request('{}', '/v1/models/a:stream').withModel('b?x#y')).path).toBe('/v1/models/b%3Fx%23y:stream')
  })

  it.each([
    ['/v1/models', 'GET', ''],
    ['/v1/cancel', 'POST', ''],
    ['/v1/cancel', 'POST', 'free text'],
  ])('leaves a request without a model alone: %s %s', (path, method, body) => {
    const one = request(body, path, method)
    expect(one.withModel('b').bytes.toString()).toBe(body)
    expect(one.with({ model: 'b' }).bytes.toString()).toBe(body)
  })
})

describe('withBody', () => {
  it('takes bytes as they are, and JSON values', () => {
    const one = request('{"model":"a"}')
    expect(one.withBody(Buffer.from('{"model" : "b"}'))).toMatchObject({ model: 'b' })
    expect(one.withBody(new Uint8Array(Buffer.from('{"x":1}'))).bytes.toString()).toBe('{"x":1}')
    expect(one.withBody({ model: 'c' })).toMatchObject({ model: 'c', bytes: Buffer.from('{"model":"c"}') })
  })

  it('does not remember the body before', () => {
    const one = request('{"model":"a"}')
    one.json()
    expect(one.withBody({ model: 'b' }).json()).toEqual({ model: 'b' })
  })
})

describe('checkObject', () => {
  const check = (text: string) => () => checkObject(Buffer.from(text))

  it('accepts what may be an object', () => {
    expect(check('{"a":1}')).not.toThrow()
    expect(check(' \n{"a":1}\r\n\t')).not.toThrow()
  })

  it.each(['', '[1]', '"text"', 'null', '{"a":1', 'a={}'])('refuses %j', text => {
    expect(check(text)).toThrow(expect.objectContaining({ code: 'LR_BAD_JSON', status: 400 }))
  })

  it('accepts an object after a great deal of white space', () => {
    const space = ' '.repeat(100)
    expect(check(`${space}{}${space}`)).not.toThrow()
  })
})
