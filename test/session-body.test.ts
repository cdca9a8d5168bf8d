import { expect, it } from 'vitest'
import { jsonOf, partsOf, type RequestRecordedEvent, withBody } from '../src/sessions/index.ts'

const rest = {
  type: 'request_recorded',
  session_id: 's',
  request_id: 'r',
  sequence: 1,
  timestamp: '2026-01-02T03:04:05.678Z',
  request_text: 'a "word"',
} as RequestRecordedEvent
const text = '{ "n": 12345678901234567890, "text": "“quoted” \\u2028" }'
const event = withBody(rest, Buffer.from(text))
const said = (each: RequestRecordedEvent): string =>
  jsonOf(each)
    .map(piece => (typeof piece === 'string' ? piece : Buffer.from(piece).toString()))
    .join('')

it('an event with a body reads like any other', () => {
  const plain = { ...rest, request_json: JSON.parse(text) }
  expect(event).toEqual(plain)
  expect(structuredClone(event)).toEqual(plain)
  expect(JSON.parse(JSON.stringify(event))).toEqual(plain)
  expect({ ...event, sequence: 2 }).toEqual({ ...plain, sequence: 2 })
})

it('its JSON has the body as it came', () => {
  expect(said(event)).toBe(`${JSON.stringify(rest).slice(0, -1)},"request_json":${text}}`)
  expect(JSON.parse(said(event))).toEqual(JSON.parse(JSON.stringify(event)))
  expect(partsOf(event)).toEqual({ rest, body: Buffer.from(text) })
})

it('others are in one piece', () => {
  const changed = { ...event, request_json: null }
  expect(partsOf(changed)).toBeUndefined()
  expect(jsonOf(changed)).toEqual([JSON.stringify(changed)])
})
