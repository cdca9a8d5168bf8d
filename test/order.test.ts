import { expect, it } from 'vitest'
import { type Ordered, order } from '../src/order.ts'

const names = (...taps: Ordered[]) =>
  order(taps, new Set(taps.map(each => each.plugin)))
    .map(({ plugin }) => plugin)
    .join(' ')

it('keeps list order', () => {
  expect(names({ plugin: 'a' }, { plugin: 'b' }, { plugin: 'c' })).toBe('a b c')
})

it('puts early before normal and late after it, each in list order', () => {
  const taps: Ordered[] = [
    { plugin: 'l1', stage: 'late' },
    { plugin: 'n1' },
    { plugin: 'e1', stage: 'early' },
    { plugin: 'l2', stage: 'late' },
    { plugin: 'n2', stage: 'normal' },
    { plugin: 'e2', stage: 'early' },
  ]
  expect(names(...taps)).toBe('e1 e2 n1 n2 l1 l2')
})

it('moves a plugin before those it names', () => {
  expect(names({ plugin: 'a' }, { plugin: 'b' }, { plugin: 'c', before: ['a', 'b'] })).toBe('c a b')
})

it('moves a plugin after those it names, and no further', () => {
  expect(names({ plugin: 'a', after: ['b'] }, { plugin: 'b' }, { plugin: 'c' })).toBe('b a c')
})

it('lets before and after win over the stage', () => {
  expect(names({ plugin: 'a' }, { plugin: 'b', stage: 'late', before: ['a'] })).toBe('b a')
})

it('passes over a plugin that is installed but does not tap this hook', () => {
  expect(order([{ plugin: 'a', after: ['idle'] }], new Set(['a', 'idle'])).map(each => each.plugin)).toEqual(['a'])
})

it('refuses a name that is not installed, and names both plugins', () => {
  expect(() => names({ plugin: 'a', before: ['ghost'] })).toThrow(
    'plugin "a" is ordered relative to "ghost", which is not installed',
  )
})

it('refuses a circle, and spells it out', () => {
  const taps: Ordered[] = [
    { plugin: 'a', after: ['b'] },
    { plugin: 'b', after: ['c'] },
    { plugin: 'c', after: ['a'] },
  ]
  expect(() => names(...taps)).toThrow('plugins cannot be ordered: "a" waits for "b" waits for "c" waits for "a"')
})

it('refuses a stage it does not know', () => {
  expect(() => names({ plugin: 'a', stage: 'later' as never })).toThrow('plugin "a" has an unknown stage "later"')
})
