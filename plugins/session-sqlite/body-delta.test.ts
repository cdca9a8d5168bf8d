import { expect, it } from 'vitest'
import { seeded } from '../../test/support/random.ts'
import { deltaOf, patched, sharedBy } from './body-delta.ts'

const unpacked = (middle: Uint8Array): Uint8Array => middle

it.each([
  ['', '', 0, 0],
  ['abc', 'abc', 3, 0],
  ['abc', '', 0, 0],
  ['ab12yz', 'abyz', 2, 2],
  ['abyz', 'ab12yz', 2, 2],
  ['aaaa', 'aa', 2, 0],
  ['aa', 'aaaa', 2, 0],
  ['xbc', 'abc', 0, 2],
  ['{"a":[1,2],"b":0}', '{"a":[1,2,3],"b":0}', 9, 8],
])('finds what %j shares with %j', (body, base, prefix, suffix) => {
  const [a, b] = [Buffer.from(body), Buffer.from(base)]
  const shared = sharedBy(a, b)
  expect(shared).toEqual({ prefix, suffix })
  const middle = a.subarray(prefix, a.length - suffix)
  expect(patched(b, deltaOf(shared, middle), unpacked).toString()).toBe(body)
})

it('makes any body again of any other', () => {
  const random = seeded(1)
  const next = (most: number): number => Math.floor(random() * most)
  const text = (length: number): string => Array.from({ length }, () => 'abé'[next(3)]).join('')
  for (let i = 0; i < 2_000; i++) {
    const [a, b] = [Buffer.from(text(next(30))), Buffer.from(text(next(30)))]
    const shared = sharedBy(a, b)
    const middle = a.subarray(shared.prefix, a.length - shared.suffix)
    expect(patched(b, deltaOf(shared, middle), unpacked)).toEqual(a)
  }
})
