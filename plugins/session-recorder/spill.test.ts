import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { expect, it, onTestFinished } from 'vitest'
import { scratch } from '../../test/recording/rig.ts'
import { until } from '../../test/support/until.ts'
import { readSegment, Spill, type SpillSegment } from './spill.ts'
import { unseal } from './vault.ts'

const MB = 1024 * 1024

function spill(limit: number) {
  const key = randomBytes(32)
  const segments: SpillSegment[] = []
  const one = new Spill({
    folder: scratch(),
    limit,
    key,
    onSegment: segment => segments.push(segment),
    onFailure: error => {
      throw error
    },
  })
  onTestFinished(() => one.close())
  const read = (): number[] => {
    const numbers: number[] = []
    const segment = segments.shift()!
    readSegment(unseal(segment.fd, key, segment), (_kind, exchange) => numbers.push(exchange))
    one.read()
    return numbers
  }
  return { one, segments, read }
}

it('a spill that is read as fast as it is filled never runs full', async () => {
  const { one, segments, read } = spill(160 * MB)
  const payload = Buffer.alloc(MB)
  const numbers: number[] = []
  for (let n = 0; n < 400; n++) {
    expect(one.add(1, n, 0, payload)).toBe(true)
    await until(() => segments.length > 0, 'it is written')
    numbers.push(...read())
    expect(one.used).toBeLessThan(80 * MB)
  }
  expect(numbers).toEqual(Array.from({ length: 400 }, (_, n) => n))
  expect([one.isEmpty, one.done]).toEqual([true, 400])
})

it('a spill that nobody reads keeps to its limit, and tells another reader of all there is', async () => {
  const { one, segments, read } = spill(3 * MB)
  const payload = Buffer.alloc(MB / 2)
  const taken = Array.from({ length: 10 }, (_, n) => one.add(1, n, 0, payload))
  expect(taken.filter(Boolean)).toHaveLength(5)
  await until(() => segments.length === 5, 'all is written')
  segments.length = 0
  one.tellAgain()
  expect([one.isEmpty, one.done]).toEqual([false, 0])
  expect([1, 2, 3, 4, 5].flatMap(() => read())).toEqual([0, 1, 2, 3, 4])
  expect([segments.length, one.isEmpty, one.done]).toEqual([0, true, 5])
})

it.skipIf(!existsSync('/proc/self/fd'))('what has been read leaves no file', async () => {
  const { one, segments, read } = spill(3 * MB)
  const fds = readdirSync('/proc/self/fd').length
  one.add(1, 1, 0, Buffer.alloc(MB))
  await until(() => segments.length > 0, 'it is written')
  expect(readdirSync('/proc/self/fd').length).toBe(fds + 1)
  one.add(1, 2, 0, Buffer.alloc(10))
  one.flush()
  await until(() => segments.length > 1, 'the rest is written')
  expect([read(), read(), one.used]).toEqual([[1], [2], 0])
  expect(readdirSync('/proc/self/fd').length).toBe(fds)
})

it('what cannot be written is told in its place', async () => {
  const told: string[] = []
  const one = new Spill({
    folder: '/dev/null/no-folder',
    limit: MB,
    key: randomBytes(32),
    onSegment: () => told.push('segment'),
    onFailure: (_error, exchanges, frames) => told.push(`${[...exchanges]}: ${frames}`),
  })
  for (const exchange of [1, 2, 1]) one.add(1, exchange, 0, Buffer.alloc(10))
  one.flush()
  expect(told).toEqual(['1,2: 3'])
  expect([one.isEmpty, one.added, one.done]).toEqual([true, 3, 3])
})
