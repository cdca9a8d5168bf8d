import type { SessionEvent } from 'lunaroute/sessions'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { scratch } from '../../../test/recording/rig.ts'
import { Outbox } from './outbox.ts'
import { PendingFile } from './pending-file.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const event = (request: string, sequence: number): SessionEvent =>
  ({ type: 'stream_started', session_id: 's', request_id: request, sequence }) as SessionEvent
const request = (id: string): readonly SessionEvent[] => [0, 1, 2].map(each => event(id, each))
const nameOf = ({ request_id, sequence }: SessionEvent): string => `${request_id}${sequence}`

function outbox(refuses: (events: readonly SessionEvent[]) => Error | undefined) {
  const taken: string[] = []
  const calls: number[] = []
  const warnings: string[] = []
  const made = new Outbox({
    name: 'picky',
    create: async () => ({
      write(events) {
        calls.push(events.length)
        const error = refuses(events)
        if (error) throw error
        taken.push(...events.map(nameOf))
      },
    }),
    batchSize: 100,
    batchTimeout: 10,
    pending: new PendingFile(scratch(), 1_000_000),
    warn: message => void warnings.push(message),
  })
  return { made, taken, calls, warnings }
}

const isBad = (each: SessionEvent): boolean => nameOf(each).startsWith('bad1')

it('leaves out an event that its writer always refuses, and tells of it', async () => {
  const { made, taken, warnings } = outbox(events => (events.some(isBad) ? new Error('no such thing') : undefined))
  made.add([...request('a'), ...request('bad'), ...request('b')])
  await vi.advanceTimersByTimeAsync(5_000)
  expect(taken).toEqual(expect.arrayContaining(['a0', 'a1', 'a2', 'bad0', 'b0', 'b1', 'b2']))
  expect(taken).toHaveLength(7)
  expect(made.state()).toMatchObject({ pending: 2, refused: 0, status: { state: 'degraded' } })
  for (let i = 0; i < 12; i++) {
    made.add(request(`later${i}-`))
    await vi.advanceTimersByTimeAsync(1_000)
  }
  expect(taken).toHaveLength(7 + 36 + 1)
  expect(taken.filter(each => each.startsWith('bad'))).toEqual(['bad0', 'bad2'])
  expect(made.state()).toMatchObject({ pending: 0, refused: 1, dropped: 0, status: { state: 'degraded' } })
  expect(made.settled).toBe(45)
  expect(warnings.filter(each => each.includes('stream_started of request bad in session s'))).toHaveLength(1)
})

it('goes on where every request of some has such an event', async () => {
  const { made, taken } = outbox(events => (events.some(isBad) ? new Error('no') : undefined))
  for (let i = 0; i < 200; i++) {
    made.add([...request(`bad1-${i}-`), ...request(`good${i}-`)].filter(each => !isBad(each) || each.sequence === 1))
    await vi.advanceTimersByTimeAsync(500)
  }
  expect(taken.filter(each => each.startsWith('good'))).toHaveLength(600)
})

it('keeps everything for a writer that takes nothing, and asks it no more than it has to', async () => {
  let isDown = true
  const { made, taken, calls } = outbox(() => (isDown ? new Error('down') : undefined))
  for (let i = 0; i < 30; i++) made.add(request(`r${i}-`))
  await vi.advanceTimersByTimeAsync(60_000)
  expect(calls.length).toBeLessThan(50)
  isDown = false
  await vi.advanceTimersByTimeAsync(6_000)
  expect(taken).toHaveLength(90)
  expect(made.state()).toMatchObject({ pending: 0, refused: 0, status: { state: 'ok' } })
})

it('leaves nothing out that a full disk has no room for', async () => {
  const full = Object.assign(new Error('no space'), { code: 'ENOSPC' })
  let isFull = true
  const { made, taken } = outbox(events => (isFull && events.some(isBad) ? full : undefined))
  made.add([...request('bad'), ...request('b')])
  for (let i = 0; i < 30; i++) {
    made.add(request(`later${i}-`))
    await vi.advanceTimersByTimeAsync(1_000)
  }
  isFull = false
  await vi.advanceTimersByTimeAsync(6_000)
  expect(taken).toHaveLength(96)
})

it('lets what may not be written wait apart until it may', async () => {
  const denied = Object.assign(new Error('not allowed'), { code: 'EACCES' })
  let isDenied = true
  const { made, taken } = outbox(events => (isDenied && events.some(isBad) ? denied : undefined))
  made.add([...request('bad'), ...request('b')])
  for (let i = 0; i < 30; i++) {
    made.add(request(`later${i}-`))
    await vi.advanceTimersByTimeAsync(1_000)
  }
  expect(taken).toHaveLength(94)
  isDenied = false
  await vi.advanceTimersByTimeAsync(6_000)
  expect(taken).toHaveLength(96)
  expect(made.state()).toMatchObject({ pending: 0, refused: 0, status: { state: 'ok' } })
})

it('gives an event alone that is too much together with others', async () => {
  const { made, taken } = outbox(events => (events.length > 1 ? new Error('too large') : undefined))
  made.add([...request('a'), ...request('b')])
  await vi.advanceTimersByTimeAsync(5_000)
  expect(taken.toSorted()).toEqual(['a0', 'a1', 'a2', 'b0', 'b1', 'b2'])
})

it('says how much it could not write when it is closed', async () => {
  const { made, warnings } = outbox(events => (events.some(isBad) ? new Error('no') : undefined))
  made.add([...request('bad'), ...request('b')])
  const closed = made.close(10_000)
  await vi.advanceTimersByTimeAsync(10_000)
  await closed
  expect(warnings.at(-1)).toContain('has not taken 2 events')
})
