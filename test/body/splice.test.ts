import fc from 'fast-check'
import { expect, test } from 'vitest'
import { scanFields } from '../../src/body/scan.ts'
import { spliceFields } from '../../src/body/splice.ts'

test('replaces values in place and keeps every other byte', () => {
  expect(splice('{ "model" : "a",\n"n":1.0, "stream" :true }', { stream: false, model: 'bé' })).toBe(
    '{ "model" : "bé",\n"n":1.0, "stream" :false }',
  )
})

test('adds absent fields after the last member, before the space that ends the object', () => {
  expect(splice('{"a":1\n}\n', { 'x"': [1], y: null })).toBe('{"a":1,"x\\"":[1],"y":null\n}\n')
  expect(splice(' { } ', { a: 1 })).toBe(' {"a":1 } ')
  expect(splice('{}', { a: 1, b: 2 })).toBe('{"a":1,"b":2}')
  expect(splice('{"a":{}}', { a: 2, b: 1 })).toBe('{"a":2,"b":1}')
})

test('replaces the value that counts where a key repeats', () => {
  expect(splice('{"a":1,"\\u0061":2}', { a: 3 })).toBe('{"a":1,"\\u0061":3}')
})

test('changes nothing for what JSON cannot express', () => {
  const bytes = Buffer.from('{"a":1}')
  const range = { start: 5, end: 6 }
  expect(spliceFields(bytes, [{ field: 'a', range, value: undefined }])).toBe(bytes)
  expect(spliceFields(bytes, [{ field: 'b', range: undefined, value: () => 1 }])).toBe(bytes)
})

test('shows the new values, and the old ones beside them, to JSON.parse for any object', () => {
  const name = fc.oneof(fc.constantFrom('a', 'b', 'é'), fc.string({ unit: 'binary', maxLength: 4 }))
  const object = fc.dictionary(name, fc.jsonValue(), { maxKeys: 6 })
  fc.assert(
    fc.property(object, object, fc.nat(3), (old, changes, indent) => {
      const result = JSON.parse(splice(JSON.stringify(old, null, indent), changes))
      expect(result).toEqual(JSON.parse(JSON.stringify({ ...old, ...changes })))
    }),
    { numRuns: 1000 },
  )
})

function splice(text: string, changes: Record<string, unknown>): string {
  const bytes = Buffer.from(text)
  const fields = Object.keys(changes)
  const scan = scanFields(bytes, fields)
  if (!scan.ok) throw new Error(scan.reason)
  const edits = fields.map((field, i) => ({ field, range: scan.ranges[i], value: changes[field] }))
  return spliceFields(bytes, edits).toString()
}
