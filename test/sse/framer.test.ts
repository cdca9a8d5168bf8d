import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import type { Chunk } from '../../src/chunk.ts'
import { createFramer } from '../../src/sse/framer.ts'
import { cuts, pieces } from './cuts.ts'

describe('chunks of a response', () => {
  test('are together the bytes that came in, whatever they are', () => {
    const soup = fc.array(fc.constantFrom('data: {}\n\n', '\r', '\n', '[', ']', '{', '}', '"', ',', 'é', ': x'))
    fc.assert(
      fc.property(soup, cuts(), fc.constantFrom('sse', 'json-array', 'body'), (parts, at, kind) => {
        const bytes = Buffer.from(parts.join(''))
        const chunks = frame(kind, pieces(bytes, at))
        expect(Buffer.concat(chunks.map(chunk => chunk.raw))).toEqual(bytes)
      }),
      { numRuns: 1000 },
    )
  })

  test('of an event stream have name, data and JSON', () => {
    const [first, done, rest] = frame('sse', 'event: e\nid: 7\ndata: {"a":\ndata: 1}\n\ndata: [DONE]\n\ndata: "cut"\n')
    expect(first).toMatchObject({ kind: 'event', event: 'e', data: '{"a":\n1}' })
    expect(first?.json()).toEqual({ a: 1 })
    expect(done).toMatchObject({ event: undefined, data: '[DONE]' })
    expect(done?.json()).toBeUndefined()
    expect(text(rest)).toBe('data: "cut"\n')
    expect(rest?.json()).toBe('cut')
  })

  test('of an event stream keep id and name when given another payload, or take another name', () => {
    const [chunk] = frame('sse', ': note\nevent: e\nid: 7\ndata: {}\r\n\r\n')
    expect(text(chunk?.with({ a: [1], b: '\n' }))).toBe('event: e\nid: 7\ndata: {"a":[1],"b":"\\n"}\n\n')
    expect(text(chunk?.with('two\nlines', 'f'))).toBe('event: f\nid: 7\ndata: two\ndata: lines\n\n')
    expect(text(chunk?.with('[DONE]', ''))).toBe('id: 7\ndata: [DONE]\n\n')
    expect(chunk?.with({ a: 1 })).toMatchObject({ kind: 'event', event: 'e', data: '{"a":1}' })
    expect(chunk?.with({ a: 1 }).with({ b: 2 }, 'g').json()).toEqual({ b: 2 })
  })

  test('of a JSON array keep their separators when given another payload', () => {
    const [first, second, rest] = frame('json-array', '[{"a":1}\n,\n{"b":"é"}\n]')
    expect(first).toMatchObject({ kind: 'element', event: undefined, data: '{"a":1}' })
    expect(second?.json()).toEqual({ b: 'é' })
    expect(text(second?.with({ longer: true }))).toBe('\n,\n{"longer":true}')
    expect(second?.with({ longer: true }).with('{}').data).toBe('{}')
    expect(rest).toMatchObject({ kind: 'element', data: '' })
    expect(rest?.json()).toBeUndefined()
    expect(text(rest)).toBe('\n]')
  })

  test('of what should have been a JSON array are one body', () => {
    const [chunk, ...more] = frame('json-array', '{"error":{"code":500}}')
    expect(chunk).toMatchObject({ kind: 'body', data: '{"error":{"code":500}}' })
    expect(more).toEqual([])
  })

  test('of a body are one chunk, and none where no byte came', () => {
    const [chunk, ...more] = frame('body', '<html>é')
    expect(chunk).toMatchObject({ kind: 'body', event: undefined, data: '<html>é' })
    expect(chunk?.json()).toBeUndefined()
    expect(text(chunk?.with({ a: 'é' }))).toBe('{"a":"é"}')
    expect(text(chunk?.with('as it is'))).toBe('as it is')
    expect(more).toEqual([])
    expect(frame('body', '')).toEqual([])
  })

  test('are parsed at most once, and only when asked', () => {
    const parse = vi.spyOn(JSON, 'parse')
    try {
      const chunks = [...frame('sse', 'data: {"a":1}\n\n'), ...frame('json-array', '[{}'), ...frame('body', '{}')]
      expect(parse).toHaveBeenCalledTimes(0)
      for (const chunk of chunks) expect(chunk.json()).toBe(chunk.json())
      expect(parse).toHaveBeenCalledTimes(3)
    } finally {
      parse.mockRestore()
    }
  })

  test('refuse to grow beyond the limit', () => {
    const framer = createFramer('sse', () => {}, { maxFrameBytes: 4 })
    expect(() => framer.push(Buffer.from('data: x'))).toThrow('larger than 4 bytes')
  })
})

function frame(kind: Parameters<typeof createFramer>[0], input: string | Buffer[]): Chunk[] {
  const chunks: Chunk[] = []
  const framer = createFramer(kind, chunk => chunks.push(chunk))
  for (const part of typeof input === 'string' ? [Buffer.from(input)] : input) framer.push(part)
  framer.end()
  return chunks
}

function text(chunk: Chunk | undefined): string {
  return Buffer.from(chunk?.raw ?? []).toString()
}
