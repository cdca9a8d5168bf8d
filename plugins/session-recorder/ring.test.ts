import { expect, it } from 'vitest'
import { seeded } from '../../test/support/random.ts'
import { createRing, RingReader, RingWriter } from './ring.ts'

it.each([1, 16])('hands on every frame it took, whole and in order, in %i MB', size => {
  const random = seeded(size)
  const memory = createRing(size * 1024 * 1024)
  const writer = new RingWriter(memory)
  const reader = new RingReader(memory)
  let written = 0
  let read = 0
  const wrong: number[] = []
  const take = (kind: number, exchange: number, _time: number, payload: Buffer): void => {
    const isRight = exchange === read && kind === 1 + (read % 5) && payload.every(byte => byte === (read & 255))
    if (!isRight) wrong.push(exchange)
    read++
  }
  for (let i = 0; i < 20_000; i++) {
    const length = Math.floor(random() * (random() < 0.02 ? 600_000 : 300))
    if (writer.write(1 + (written % 5), written, 1, Buffer.alloc(length, written & 255))) written++
    if (random() < 0.3) reader.read(random() * 2_000_000, take)
  }
  reader.read(Number.POSITIVE_INFINITY, take)
  expect([wrong, read]).toEqual([[], written])
  expect(written).toBeGreaterThan(19_000)
  expect(reader.used).toBe(0)
})

it('lets nobody pass a barrier before what it waits for is done', () => {
  const memory = createRing(1024)
  const writer = new RingWriter(memory)
  const reader = new RingReader(memory)
  const read: number[] = []
  let done = 0
  const go = (): number =>
    reader.read(
      1024,
      (_kind, exchange) => read.push(exchange),
      count => count <= done,
    )
  writer.write(1, 1, 0, Buffer.alloc(3))
  writer.writeBarrier(2)
  writer.write(1, 2, 0, Buffer.alloc(3))
  go()
  expect([go(), read]).toEqual([0, [1]])
  done = 2
  go()
  expect([read, reader.used]).toEqual([[1, 2], 0])
})
