import { expect, it } from 'vitest'
import { type RequestRecordedEvent, type SessionEvent, withBody } from '../../src/sessions/index.ts'
import { seeded } from '../../test/support/random.ts'
import { bench, shape } from '../../test/support/session-database.ts'
import { sessionEvents } from '../../test/support/sessions.ts'
import { openDatabase } from './driver.ts'

const random = seeded(3)
const NOISE = Array.from({ length: 3_000 }, () => random().toString(36)).join(' ')

/** The requests of a session, each of which repeats the one before; as the recorder hands them over, or as a log has them. */
function requestsOf(id: string, count: number, isParted: boolean): SessionEvent[] {
  const bodies = Array.from({ length: count }, (_, turn) => ({
    messages: [`é ${NOISE}`, ...Array.from({ length: turn }, (_, i) => `turn ${i}`)],
    tools: ['at the end'],
  }))
  let turn = 0
  return sessionEvents(shape(id, { requests: count })).map(event => {
    if (event.type !== 'request_recorded') return event
    const { request_json: _, ...rest } = event
    const body = bodies[turn++]
    if (!isParted) return { ...event, request_json: body } as SessionEvent
    return withBody(rest as Omit<RequestRecordedEvent, 'request_json'>, Buffer.from(JSON.stringify(body)))
  })
}

const json = (events: readonly SessionEvent[]): unknown => JSON.parse(JSON.stringify(events))

it.each([true, false])('keeps what requests repeat once, and gives each back whole (parted: %s)', async isParted => {
  const { writer, reader, sql } = await bench()
  const events = requestsOf('s', 30, isParted)
  for (let at = 0; at < events.length; at += 7) await writer.write(events.slice(at, at + 7))
  expect(json(reader.events('s'))).toEqual(json(events))
  const [whole, sum] = ['max', 'sum'].map(each => Number(sql(`SELECT ${each}(length(body)) AS n FROM events`)[0]?.n))
  expect(sum).toBeLessThan(whole! * 1.5)
  expect(json(reader.events('s', 's-r29', { types: ['request_recorded'] }))).toEqual(
    json(events.filter(each => each.request_id === 's-r29' && each.type === 'request_recorded')),
  )
})

it('does not build on what was deleted in the meantime, whatever has its place now', async () => {
  const { writer, reader } = await bench()
  const [mine, other] = [requestsOf('mine', 3, true), requestsOf('other', 2, true)]
  const ofTurn = (events: readonly SessionEvent[], turn: number) =>
    events.filter(each => each.request_id.endsWith(`-r${turn}`))
  await writer.write(ofTurn(mine, 0))
  reader.delete('mine')
  await writer.write(ofTurn(other, 0))
  await writer.write([...ofTurn(mine, 1), ...ofTurn(mine, 2)])
  await writer.write(ofTurn(other, 1))
  expect(json(reader.events('mine'))).toEqual(json([...ofTurn(mine, 1), ...ofTurn(mine, 2)]))
  expect(json(reader.events('other'))).toEqual(json(other))
})

it('does not build on what a failed batch would have written', async () => {
  const { path, writer, reader } = await bench()
  const events = requestsOf('s', 2, true)
  const database = openDatabase(path, { isReadOnly: false })
  database.exec(
    "CREATE TRIGGER refuse BEFORE INSERT ON events WHEN new.type = 'completed' BEGIN SELECT raise(ABORT, 'no'); END",
  )
  await expect(writer.write(events.filter(each => each.request_id === 's-r0'))).rejects.toThrow('no')
  database.exec('DROP TRIGGER refuse')
  database.close()
  await writer.write(events)
  expect(json(reader.events('s'))).toEqual(json(events))
})
