import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type JsonArrayElement, JsonArrayParser } from '../../src/sse/json-array.ts'
import { cuts, pieces } from './cuts.ts'

test('finds the elements of any array wherever it is cut, and loses no byte', () => {
  const space = fc.constantFrom('', '', '\n', ' \r\n\t')
  const tricky = fc.string({ unit: fc.constantFrom('\\', '"', '[', ']', '{', '}', ',', 'é', 'a') })
  const element = fc.tuple(
    space,
    fc.oneof(
      fc.json(),
      tricky.map(text => JSON.stringify([text])),
    ),
    space,
  )
  fc.assert(
    fc.property(space, fc.array(element, { maxLength: 6 }), space, cuts(), (before, elements, after, at) => {
      const text = `${before}[${elements.map(parts => parts.join('')).join(',') || after}]${after}`
      const bytes = Buffer.from(text)
      for (const parts of [pieces(bytes, at), [...bytes].map(byte => Buffer.from([byte]))]) {
        const { found, rest } = split(parts)
        expect(found.map(payload)).toEqual(elements.map(([, json]) => json.trim()))
        expect(Buffer.concat([...found.map(({ raw }) => raw), rest])).toEqual(bytes)
      }
    }),
    { numRuns: 2000 },
  )
})

test('loses no byte of what is no array, or a broken one', () => {
  const soup = fc.array(fc.constantFrom('[', ']', '{', '}', '"', '\\', ',', ' ', '1', 'é', '\n'), {
    maxLength: 40,
    size: 'max',
  })
  fc.assert(
    fc.property(soup, cuts(), (parts, at) => {
      const bytes = Buffer.from(parts.join(''))
      const { found, rest } = split(pieces(bytes, at))
      expect(Buffer.concat([...found.map(({ raw }) => raw), rest])).toEqual(bytes)
      expect(found.map(payload)).toEqual(split([bytes]).found.map(payload))
    }),
    { numRuns: 2000 },
  )
})

test('hands an object on at its closing brace, with the separators before it', () => {
  const raws: string[] = []
  const parser = new JsonArrayParser(({ raw }) => raws.push(raw.toString()))
  parser.push(Buffer.from('[{"a":"]"}'))
  expect(raws).toEqual(['[{"a":"]"}'])
  parser.push(Buffer.from('\r\n,\r\n{}\r\n]\r\n'))
  expect(raws).toEqual(['[{"a":"]"}', '\r\n,\r\n{}'])
  expect(Buffer.from(parser.end()).toString()).toBe('\r\n]\r\n')
})

test('keeps an object that should have been an array as the rest', () => {
  const parser = new JsonArrayParser(() => expect.unreachable())
  parser.push(Buffer.from('{"error":[{}]}'))
  expect(parser.isArray).toBe(false)
  expect(Buffer.from(parser.end()).toString()).toBe('{"error":[{}]}')
})

test.each([1, 65_536])('takes an element of 4 MB in pieces of %i bytes in linear time', size => {
  const bytes = Buffer.from(JSON.stringify([{ data: '\\"'.repeat(1_000_000) }]))
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size))
  const { found } = split(parts)
  expect(found.map(element => payload(element).length)).toEqual([bytes.length - 2])
}, 30_000)

test('refuses an element beyond the limit, in one piece or many', () => {
  for (const size of [1, 100]) {
    const bytes = Buffer.from(JSON.stringify([{ a: 'x'.repeat(60) }]))
    const parser = new JsonArrayParser(() => {}, { maxFrameBytes: 64 })
    const push = () => {
      for (let at = 0; at < bytes.length; at += size) parser.push(bytes.subarray(at, at + size))
    }
    expect(push).toThrow('An element of a JSON array is larger than 64 bytes')
  }
})

function payload({ raw, start, end }: JsonArrayElement): string {
  return raw.toString('utf8', start, end)
}

function split(parts: Uint8Array[]): { found: JsonArrayElement[]; rest: Uint8Array } {
  const found: JsonArrayElement[] = []
  const parser = new JsonArrayParser(element => found.push(element))
  for (const part of parts) parser.push(part)
  return { found, rest: parser.end() }
}
