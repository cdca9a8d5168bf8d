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
  expect(one.isRead).toBe(true)
})

it('a spill that nobody reads keeps to its limit, and tells another reader of all there is', async () => {
  const { one, segments, read } = spill(3 * MB)
  const payload = Buffer.alloc(MB / 2)
  const taken = Array.from({ length: 10 }, (_, n) => one.add(1, n, 0, payload))
  expect(taken.filter(Boolean)).toHaveLength(5)
  await until(() => segments.length === 5, 'all is written')
  segments.length = 0
  one.tellAgain()
  expect(one.isRead).toBe(false)
  expect([1, 2, 3, 4, 5].flatMap(() => read())).toEqual([0, 1, 2, 3, 4])
  expect([segments.length, one.isRead]).toEqual([0, true])
})

it.skipIf(!existsSync('/proc/self/fd'))('what is taken back leaves no file', async () => {
  const { one, segments, read } = spill(3 * MB)
  one.add(1, 1, 0, Buffer.alloc(MB))
  await until(() => segments.length > 0, 'it is written')
  one.add(1, 2, 0, Buffer.alloc(10))
  read()
  const fds = readdirSync('/proc/self/fd').length
  expect(one.take().map(each => each.exchange)).toEqual([2])
  expect(one.used).toBe(0)
  expect(readdirSync('/proc/self/fd').length).toBe(fds - 1)
})
