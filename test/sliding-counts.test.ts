import { expect, it } from 'vitest'
import { SlidingCounts } from '../src/index.ts'

it('counts what happened within the window, and forgets the rest a step at a time', () => {
  const counts = new SlidingCounts(2, 1000)
  counts.add(0, 5000)
  counts.add(1, 5099, 3)
  counts.add(0, 5500)
  expect([...counts.sums(5999)]).toEqual([2, 3])
  expect([...counts.sums(6000)]).toEqual([1, 0])
  expect([...counts.sums(6500)]).toEqual([0, 0])
})

it('uses a step again for another time, without what it held', () => {
  const counts = new SlidingCounts(1, 1000)
  counts.add(0, 50, 7)
  counts.add(0, 1050)
  expect([...counts.sums(1050)]).toEqual([1])
  counts.add(0, 1_000_000)
  expect([...counts.sums(1_000_000)]).toEqual([1])
})

it('forgets everything when cleared', () => {
  const counts = new SlidingCounts(1, 1000)
  counts.add(0, 1)
  counts.clear()
  expect([...counts.sums(1)]).toEqual([0])
})
