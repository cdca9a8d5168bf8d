import { describe, expect, it } from 'vitest'
import {
  applyChanges,
  type Forwarding,
  requestHeaders,
  responseHeaders,
  setHeader,
  toRecord,
} from '../../src/upstream/headers.ts'
import type { Provider } from '../../src/upstream/provider.ts'

const secrets = new Set(['authorization', 'cookie', 'x-api-key', 'x-goog-api-key'])
const bearer = {
  headers: ['authorization'],
  header: (key: string) => ['authorization', `Bearer ${key}`] as const,
}
const base: Forwarding = {
  secrets,
  rule: bearer,
  isClientTrusted: true,
  hasQueryCredential: false,
  key: 0,
  isPlain: false,
}

function provider(key?: string, headers: readonly (readonly [string, string])[] = []): Provider {
  return { keys: key === undefined ? [] : [key], headers } as unknown as Provider
}

const forward = (raw: string[], to = provider(), how: Partial<Forwarding> = {}) =>
  requestHeaders(raw, to, { ...base, ...how }).list

describe('request headers', () => {
  it('keep their case, their order and their repetitions', () => {
    const raw = ['X-B', '1', 'x-a', '2', 'X-B', '3']
    expect(forward(raw)).toEqual(raw)
  })

  it('leave hop-by-hop ones behind, and those that the next hop sets itself', () => {
    const gone = ['Connection', 'Keep-Alive', 'TE', 'Trailer', 'Transfer-Encoding', 'Upgrade', 'Proxy-Authorization']
    const raw = [...gone, 'Proxy-Connection', 'Host', 'Content-Length', 'Expect'].flatMap(name => [name, 'v'])
    expect(forward([...raw, 'Accept', '*/*'])).toEqual(['Accept', '*/*'])
  })

  it('leave behind what the connection header names', () => {
    expect(forward(['Connection', 'close, X-Hop', 'x-hop', '1', 'x-end', '2'])).toEqual(['x-end', '2'])
  })

  it('ask for a plain answer where the gateway has to read it', () => {
    const raw = ['accept-encoding', 'gzip', 'accept', '*/*']
    expect(forward(raw, provider(), { isPlain: true })).toEqual(['accept', '*/*', 'accept-encoding', 'identity'])
  })

  it("end with the provider's own, which win", () => {
    expect(forward(['X-Team', 'client'], provider(undefined, [['x-team', 'ours']]))).toEqual(['x-team', 'ours'])
  })
})

describe('credentials', () => {
  const own = ['Authorization', 'Bearer client']

  it("are the client's own before the configured key", () => {
    expect(forward(own, provider('ours'))).toEqual(own)
  })

  it('are the configured key where the client has none', () => {
    expect(forward(['accept', '*/*'], provider('ours'))).toEqual(['accept', '*/*', 'authorization', 'Bearer ours'])
  })

  it('are none where nobody has one', () => {
    expect(forward(['accept', '*/*'])).toEqual(['accept', '*/*'])
  })

  it("never take the client's own to another provider's host", () => {
    expect(forward(own, provider('ours'), { isClientTrusted: false })).toEqual(['authorization', 'Bearer ours'])
    expect(forward(own, provider(), { isClientTrusted: false })).toEqual([])
  })

  it('never take the header of another dialect along', () => {
    expect(forward(['x-api-key', 'k', 'x-goog-api-key', 'k', 'Cookie', 'c'], provider('ours'))).toEqual([
      'authorization',
      'Bearer ours',
    ])
  })

  it('are the one in the query where it goes along', () => {
    expect(forward([], provider('ours'), { hasQueryCredential: true })).toEqual([])
  })
})

describe('response headers', () => {
  const raw = (...list: string[]) => list.map(each => Buffer.from(each, 'latin1'))

  it('keep their case, order, repetitions and bytes', () => {
    const list = ['X-B', '1', 'Set-Cookie', 'a=é', 'Set-Cookie', 'b=2']
    expect(responseHeaders(raw(...list), false)).toEqual({ list, length: undefined })
  })

  it('leave hop-by-hop ones behind, also those the connection header names', () => {
    const list = raw(
      'Connection',
      'X-Hop',
      'X-Hop',
      '1',
      'Keep-Alive',
      'timeout=5',
      'Transfer-Encoding',
      'chunked',
      'X',
      'y',
    )
    expect(responseHeaders(list, false).list).toEqual(['X', 'y'])
  })

  it('keep a length only where the body stays as it is', () => {
    const list = raw('Content-Length', '5')
    expect(responseHeaders(list, false)).toEqual({ list: ['Content-Length', '5'], length: 5 })
    expect(responseHeaders(list, true)).toEqual({ list: [], length: undefined })
  })
})

describe('headers as plugins see them', () => {
  it('are a record with lower-case names, without what is hidden', () => {
    const list = ['X-A', '1', 'Authorization', 'secret', 'x-a', '2']
    expect(toRecord(list, secrets)).toEqual({ 'x-a': '1, 2' })
  })

  it('take changes over to the list and leave the rest as it was written', () => {
    const list = ['X-Keep', '1', 'X-Change', '1', 'X-Drop', '1', 'Authorization', 'secret']
    const before = toRecord(list, secrets)
    const { 'x-drop': _dropped, ...rest } = before
    applyChanges(list, before, { ...rest, 'X-Change': '2', 'x-new': '3' })
    expect(list).toEqual(['X-Keep', '1', 'Authorization', 'secret', 'X-Change', '2', 'x-new', '3'])
  })
})

it('setHeader replaces every header of the name', () => {
  const list = ['A', '1', 'b', '2', 'a', '3']
  setHeader(list, 'A', '4')
  expect(list).toEqual(['b', '2', 'A', '4'])
})
