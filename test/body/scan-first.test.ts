import { expect, it } from 'vitest'
import { readValue, scanFields, scanFirst } from '../../src/body/scan.ts'

const first = (text: string) => {
  const bytes = Buffer.from(text)
  const range = scanFirst(bytes, 'model')
  return range && readValue(bytes, range)
}

it('finds the first value and reads no further', () => {
  expect(first('{"model": "a", "x": [1, 2')).toBe('a')
  expect(first('{"x":{"model":"inner"},"mod\\u0065l":"b"}')).toBe('b')
  expect(first('{"model":"a","model":"b"}')).toBe('a')
})

it('finds nothing where the field is absent or the bytes break before it', () => {
  for (const text of ['{}', '{"x":1}', '', 'nonsense', '{"x":', '[{"model":"a"}]']) expect(first(text)).toBeUndefined()
})

it('agrees with a whole scan where no key repeats', () => {
  const bytes = Buffer.from('{"stream":true,"messages":[{"content":"\\"model\\":"}],"model":"m"}')
  const scan = scanFields(bytes, ['model'])
  expect(scanFirst(bytes, 'model')).toEqual(scan.ok && scan.ranges[0])
})
