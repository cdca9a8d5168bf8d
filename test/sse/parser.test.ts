import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type SseFrame, SseParser } from '../../src/sse/parser.ts'
import { cuts, pieces } from './cuts.ts'

describe('splitting server-sent events', () => {
  test('reads the same events whatever the line ends and wherever the stream is cut, and loses no byte', () => {
    fc.assert(
      fc.property(stream(), cuts(), fc.boolean(), ({ text, events }, at, hasMark) => {
        const bytes = Buffer.from((hasMark ? '\ufeff' : '') + text)
        const { frames, rest } = split(pieces(bytes, at))
        expect(frames.filter(frame => frame.hasData).map(summary)).toEqual(events)
        expect(Buffer.concat([...frames.map(frame => frame.raw), rest])).toEqual(bytes)
      }),
      { numRuns: 2000 },
    )
  })

  test('finds as many frames in single bytes as in one piece, in any soup of line ends and fields', () => {
    const soup = fc.array(
      fc.constantFrom('\r', '\n', '\r\n', 'data', ':', ' ', 'é', 'id', '\0', '\ufeff', '7', 'retry:'),
      { maxLength: 40, size: 'max' },
    )
    fc.assert(
      fc.property(soup, cuts(), (parts, at) => {
        const bytes = Buffer.from(parts.join(''))
        const whole = split([bytes])
        for (const cut of [pieces(bytes, at), [...bytes].map(byte => Buffer.from([byte]))]) {
          const { frames, rest } = split(cut)
          expect(frames.map(summary)).toEqual(whole.frames.map(summary))
          expect(Buffer.concat([...frames.map(frame => frame.raw), rest])).toEqual(bytes)
        }
        expect(whole.frames.filter(frame => frame.hasData).map(summary)).toEqual(reference(bytes))
      }),
      { numRuns: 3000 },
    )
  })

  test.each([
    ['one space after the colon is not part of the value', 'data:  a\n\n', { data: ' a' }],
    ['a value needs no space', 'data:a\n\n', { data: 'a' }],
    ['a field without a colon has an empty value', 'data\ndata\n\n', { data: '\n' }],
    ['data lines are joined by line feeds', 'data: a\rdata: b\r\ndata: c\n\n', { data: 'a\nb\nc' }],
    ['a comment has no data', ': ping\n\n', { data: '', hasData: false }],
    ['an event without data is none', 'event: x\n\n', { event: 'x', data: '', hasData: false }],
    ['an empty data line is data', 'data:\n\n', { data: '', hasData: true }],
    ['the last of repeated names counts', 'event: a\nevent: b\ndata: \n\n', { event: 'b' }],
    ['an empty name is none', 'event: a\nevent\ndata: \n\n', { event: undefined }],
    ['an id with a NUL is ignored', 'id: 1\nid: 2\0\ndata\n\n', { id: '1' }],
    ['a retry is digits', 'retry: 10\nretry: 1e3\ndata\n\n', { retry: 10 }],
    ['field names are exact', 'Data: a\n data: b\ndata : c\n\n', { hasData: false }],
    ['only the first byte order mark is skipped', '\ufeff\ufeffdata: a\n\n', { hasData: false }],
    ['a byte order mark may precede a blank line', '\ufeff\ndata: a\n\n', { hasData: false }],
    ['a colon in a value belongs to it', 'data: {"a":"b: c"}\n\n', { data: '{"a":"b: c"}' }],
  ])('%s', (_, text, expected) => {
    expect(split([Buffer.from(text)]).frames[0]).toMatchObject(expected)
  })

  test('half a byte order mark is text, wherever it is cut', () => {
    const bytes = Buffer.from([0xef, 0xbb, 0x0a, 0x0a])
    for (const parts of [[bytes], [bytes.subarray(0, 1), bytes.subarray(1)], pieces(bytes, [0.5])]) {
      expect(split(parts).frames.map(frame => frame.raw.length)).toEqual([4])
    }
  })

  test('completes a frame at its last CR without waiting for the LF that may follow', () => {
    const frames: SseFrame[] = []
    const parser = new SseParser(frame => frames.push(frame))
    parser.push(Buffer.from('data: a\r\n\r'))
    expect(frames.map(frame => frame.data)).toEqual(['a'])
    parser.push(Buffer.from('\ndata: b\r\r'))
    expect(frames.map(frame => frame.raw.toString())).toEqual(['data: a\r\n\r', '\ndata: b\r\r'])
    expect(frames[1]?.data).toBe('b')
    parser.push(Buffer.from('\n'))
    expect(frames).toHaveLength(2)
    expect(Buffer.from(parser.end()).toString()).toBe('\n')
  })

  test('copies nothing where a chunk holds whole frames, and keeps no hold on a chunk where it does not', () => {
    const chunk = Buffer.from('data: a\n\ndata: b\n\ndata: c')
    const frames: SseFrame[] = []
    const parser = new SseParser(frame => frames.push(frame))
    parser.push(chunk)
    expect(frames.map(frame => frame.raw.buffer === chunk.buffer)).toEqual([true, true])
    expect(frames.map(frame => frame.raw.byteOffset - chunk.byteOffset)).toEqual([0, 9])
    chunk.fill(0)
    parser.push(Buffer.from('\n\n'))
    expect(frames[2]?.data).toBe('c')
  })

  test('takes a plain Uint8Array that is a window on a larger buffer', () => {
    const memory = new Uint8Array(Buffer.from('xxdata: a\n\nxx'))
    expect(split([memory.subarray(2, 11)]).frames.map(frame => frame.data)).toEqual(['a'])
  })

  test.each([1, 7, 1024, 65_536])('takes a line of 4 MB in pieces of %i bytes in linear time', size => {
    const text = `data: ${'é'.repeat(2_000_000)}`
    const bytes = Buffer.from(`${text}\r\n\r\n`)
    const parts: Buffer[] = []
    for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size))
    const { frames } = split(parts)
    expect(frames).toHaveLength(1)
    expect(frames[0]?.data).toHaveLength(2_000_000)
  }, 30_000)

  test('takes a megabyte of line ends in linear time', () => {
    const text = 'data: x\r'.repeat(20_000) + '\r\n'.repeat(200_000) + 'data: y\n'.repeat(20_000)
    expect(split([Buffer.from(text)]).frames).toHaveLength(200_000)
  }, 30_000)

  test('refuses a frame that grows beyond the limit, in one piece or many', () => {
    for (const size of [1, 100]) {
      const bytes = Buffer.from(`data: ${'x'.repeat(60)}\n\n`)
      const parser = new SseParser(() => {}, { maxFrameBytes: 64 })
      const push = () => {
        for (let at = 0; at < bytes.length; at += size) parser.push(bytes.subarray(at, at + size))
      }
      expect(push).toThrow('A server-sent event is larger than 64 bytes')
    }
  })
})

type Summary = Pick<SseFrame, 'event' | 'data' | 'id' | 'retry'>

function summary({ event, data, id, retry }: SseFrame): Summary {
  return { event, data, id, retry }
}

function split(parts: Uint8Array[]): { frames: SseFrame[]; rest: Uint8Array } {
  const frames: SseFrame[] = []
  const parser = new SseParser(frame => frames.push(frame))
  for (const part of parts) parser.push(part)
  return { frames, rest: parser.end() }
}

// The event-stream section of the HTML standard, word by word, on a whole string.
function reference(bytes: Buffer): Summary[] {
  const events: Summary[] = []
  const lines = bytes
    .toString()
    .replace(/^\ufeff/, '')
    .split(/\r\n|\r|\n/)
  lines.pop()
  let current: Partial<Record<'event' | 'data' | 'id' | 'retry', string>> = {}
  for (const line of lines) {
    if (line === '') {
      const { event, data, id, retry } = current
      const number = retry === undefined ? undefined : Number(retry)
      if (data !== undefined) events.push({ event: event || undefined, data: data.slice(0, -1), id, retry: number })
      current = {}
      continue
    }
    const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) as RegExpExecArray
    if (name === 'data') current.data = `${current.data ?? ''}${value}\n`
    else if (name === 'event') current.event = value
    else if (name === 'id' && !value.includes('\0')) current.id = value
    else if (name === 'retry' && /^\d+$/.test(value)) current.retry = value
  }
  return events
}

function stream(): fc.Arbitrary<{ text: string; events: Summary[] }> {
  const lineEnd = fc.constantFrom('\n', '\r', '\r\n')
  const word = fc.string({ unit: fc.constantFrom('a', 'é', '😀', ' ', ':', '\t'), maxLength: 80, size: '+1' })
  const event = fc.record({
    event: fc.option(word, { nil: undefined }),
    id: fc.option(word, { nil: undefined }),
    lines: fc.array(word, { maxLength: 3 }),
    comment: fc.option(word, { nil: undefined }),
    ends: fc.array(lineEnd, { minLength: 8, maxLength: 8 }),
  })
  return fc.array(event, { maxLength: 8 }).map(made => {
    let text = ''
    const events: Summary[] = []
    for (const { event, id, lines, comment, ends } of made) {
      const next = () => ends.shift() ?? '\n'
      if (comment !== undefined) text += `:${comment}${next()}`
      if (event !== undefined) text += `event: ${event}${next()}`
      if (id !== undefined) text += `id: ${id}${next()}`
      for (const line of lines) text += `data: ${line}${next()}`
      // CR then LF would be one line end, not two.
      text += text.endsWith('\r') ? '\r' : next()
      if (lines.length > 0) events.push({ event: event || undefined, data: lines.join('\n'), id, retry: undefined })
    }
    return { text, events }
  })
}
