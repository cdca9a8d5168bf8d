import fc from 'fast-check'
import { expect, it } from 'vitest'
import { longestArray, objectEnds } from '../../src/body/elements.ts'

const found = (text: string, fields: readonly string[]) => {
  const bytes = Buffer.from(text)
  const array = longestArray(bytes, fields)
  if (!array) return undefined
  const starts = [array.start, ...array.ends]
  const objects = array.ends.map((end, i) => JSON.parse(text.slice(starts[i]!, end).replace(/^[\s,]+/, '')))
  return { field: array.field, objects }
}

it('finds the longest array, and the objects it begins with', () => {
  expect(found('{"a":[{"x":1}],"b":[ {"y":"]}"} ,\n{"z":[{}]}, 3, {"no":1}]}', ['a', 'b'])).toEqual({
    field: 'b',
    objects: [{ y: ']}' }, { z: [{}] }],
  })
})

it('takes the last of a repeated field, as JSON.parse does', () => {
  expect(found('{"a":[{"first":"longer than the other"}],"\\u0061":[{"x":2}]}', ['a'])?.objects).toEqual([{ x: 2 }])
})

it.each(['{"a":[]}', '{"a":[1,{"x":1}]}', '{"b":[{}]}', '{"a":[', ''])('finds none in %s', text => {
  expect(found(text, ['a'])).toBeUndefined()
})

it('finds every object, however it is spaced', () => {
  const json = fc.array(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(json, fc.constantFrom(undefined, 1, '\t'), (objects, space) => {
      const text = JSON.stringify({ other: 1, objects }, null, space)
      const bytes = Buffer.from(text)
      const { start, ends } = longestArray(bytes, ['objects'])!
      expect(ends).toHaveLength(objects.length)
      // From any of them on it goes on.
      for (const [i, end] of ends.entries()) expect(objectEnds(bytes, end)).toEqual(ends.slice(i + 1))
      expect(bytes[start - 1]).toBe(0x5b)
    }),
  )
})
