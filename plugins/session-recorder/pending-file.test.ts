import { expect, it } from 'vitest'
import { jsonOf, type RequestRecordedEvent, type SessionEvent, withBody } from '../../src/sessions/index.ts'
import { filesIn, scratch } from '../../test/recording/rig.ts'
import { PendingFile } from './worker/pending-file.ts'

const MB = 1024 * 1024
const plain = (sequence: number) => ({ type: 'completed', request_id: 'r', sequence }) as SessionEvent
const withJson = (sequence: number, json: string) =>
  withBody({ type: 'request_recorded', request_id: 'r', sequence } as RequestRecordedEvent, Buffer.from(json))
const texts = (events: readonly SessionEvent[]) =>
  events.map(each => Buffer.concat(jsonOf(each).map(piece => Buffer.from(piece))).toString())

it('events that wait in a file come back in order, with their bodies as they came', () => {
  const folder = scratch()
  const file = new PendingFile(folder, MB)
  const batches = [
    [plain(0), withJson(1, '{"a":  1.0}'), withJson(2, '[]'), plain(3)],
    [plain(4)],
    [withJson(5, '"ü"')],
  ]
  for (const batch of batches) expect(file.add(batch)).toBe(true)
  expect(file.count).toBe(6)
  expect(filesIn(folder)).toEqual([])
  for (const batch of batches) expect(texts(file.take())).toEqual(texts(batch))
  expect([file.take(), file.count]).toEqual([[], 0])
  file.close()
})

it('what finds no room is refused', () => {
  const file = new PendingFile(scratch(), 1_000)
  expect(file.add([withJson(1, JSON.stringify('x'.repeat(2_000)))])).toBe(false)
  expect(file.add([plain(1)])).toBe(true)
  file.close()
})
