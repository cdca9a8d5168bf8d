import { beforeEach, expect, it } from 'vitest'
import type { SessionEvent } from '../../src/sessions/index.ts'
import { FRAME, type RecordedEnd, type RecordedHead, type Sent } from './frames.ts'
import { Recorder } from './worker/recorder.ts'

const HEAD: Sent<RecordedHead> = {
  id: 'r',
  startedAt: 0,
  dialect: 'none',
  method: 'POST',
  path: '/',
  query: '',
  headers: [],
  listener: 'default',
  address: '127.0.0.1',
  operation: 'unknown',
  hasJsonBody: false,
  stream: null,
  caller: null,
  callerKey: null,
}

const END: Sent<RecordedEnd> = {
  outcome: 'ok',
  error: null,
  model: null,
  status: 200,
  headers: [],
  duration: 1,
  requestBytes: 0,
  responseBytes: 0,
  attempts: [],
  usage: null,
  route: null,
}

const events: SessionEvent[] = []
let recorder: Recorder
const take = (exchange: number, kind: number, value: unknown): void =>
  recorder.take(kind, exchange, 0, Buffer.from(JSON.stringify(value)))

beforeEach(() => {
  events.length = 0
  recorder = new Recorder({
    modules: { dialects: new Map(), redactor: undefined, prices: undefined },
    unzstd: bytes => bytes,
    userAgentLength: 0,
    knows: () => false,
    emit: list => void events.push(...list),
  })
})

// The word that parts of an exchange were lost is quicker than what of it waits to be read.
it.each(['before', 'after'])('keeps nothing of an exchange that is dropped %s its head is read', when => {
  if (when === 'before') recorder.drop(1)
  take(1, FRAME.head, HEAD)
  if (when === 'after') recorder.drop(1)
  take(1, FRAME.end, END)
  take(2, FRAME.head, { ...HEAD, id: 'other' })
  take(2, FRAME.end, END)
  expect(new Set(events.map(each => each.request_id))).toEqual(new Set(['other']))
})

it('keeps nothing of an exchange that is dropped after a part of its answer, whatever comes yet', () => {
  take(1, FRAME.bytes, 'a part')
  recorder.drop(1)
  take(1, FRAME.bytes, 'another')
  take(1, FRAME.head, HEAD)
  take(1, FRAME.end, END)
  expect([events, recorder.exchanges, recorder.unreadable]).toEqual([[], 0, 0])
})

it('lets go of an exchange whose request an earlier worker got', () => {
  take(1, FRAME.bytes, 'a part')
  take(1, FRAME.attempt, { provider: 'p', model: null, route: null, routeReason: null })
  take(1, FRAME.end, END)
  expect([events, recorder.exchanges, recorder.unreadable]).toEqual([[], 0, 0])
})
