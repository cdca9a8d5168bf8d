import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SseFrame } from '../../src/sse/parser.ts'
import { formatEvent } from '../../src/sse/writer.ts'

test('writes fields in the usual order, and one line for each line of data', () => {
  expect(formatEvent({ event: 'e', id: '1', retry: 5, data: 'a\nb\r\nc\rd', comment: 'x\ny' })).toBe(
    ': x\n: y\nevent: e\nid: 1\nretry: 5\ndata: a\ndata: b\ndata: c\ndata: d\n\n',
  )
  expect(formatEvent({ data: '[DONE]' })).toBe('data: [DONE]\n\n')
  expect(formatEvent({ comment: 'ping' })).toBe(': ping\n\n')
})

test('writes what the parser reads back, line ends in data becoming line feeds', () => {
  const text = fc.string({ unit: fc.constantFrom('\n', '\r', '\r\n', 'a', ' ', ':', 'é', '{') })
  const name = fc.string({ unit: fc.constantFrom('a', ' ', ':', 'é'), minLength: 1 })
  fc.assert(
    fc.property(text, name, name, text, fc.nat(), (data, event, id, comment, retry) => {
      const frame = new SseFrame(Buffer.from(formatEvent({ data, event, id, comment, retry })))
      expect(frame).toMatchObject({ data: data.replace(/\r\n?/g, '\n'), event, id, retry })
    }),
  )
})

test('refuses a name or an id that would break out of its line', () => {
  expect(() => formatEvent({ event: 'a\ndata: b', data: '' })).toThrow('event of a server-sent event cannot hold')
  expect(() => formatEvent({ id: '1\r', data: '' })).toThrow('id of a server-sent event cannot hold')
})
