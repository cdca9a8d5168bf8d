import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Chunk } from '../../src/chunk.ts'
import { createArrayJoiner } from '../../src/sse/array-joiner.ts'
import { createFramer } from '../../src/sse/framer.ts'

const STREAM = '\n[{"n":0}\r\n,\r\n{"n":1}\n, [2] ,{"n":3}\n]\n'

test('an array whose elements are dropped or split at will is an array still', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3), { minLength: 4, maxLength: 4 }), counts => {
      const chunks = frame(STREAM)
      const last = chunks.pop() as Chunk
      const changed = chunks.flatMap((chunk, i) =>
        Array.from({ length: counts[i] ?? 0 }, (_, n) => chunk.with({ i, n })),
      )
      const expected = counts.flatMap((count, i) => Array.from({ length: count }, (_, n) => ({ i, n })))
      expect(JSON.parse(join([...changed, last]))).toEqual(expected)
    }),
  )
})

test.each([
  STREAM,
  '[]',
  '[1,',
  '[{} {}]',
  ']',
  ', x',
  '{"error":1}',
  '[,[,]]]',
])('%j untouched comes out as it went in', text => {
  expect(join(frame(text))).toBe(text)
})

function frame(text: string): Chunk[] {
  const chunks: Chunk[] = []
  const framer = createFramer('json-array', chunk => chunks.push(chunk))
  framer.push(Buffer.from(text))
  framer.end()
  return chunks
}

function join(chunks: Chunk[]): string {
  return Buffer.concat(chunks.map(createArrayJoiner())).toString()
}
