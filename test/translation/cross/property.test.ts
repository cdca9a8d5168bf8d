import fc from 'fast-check'
import { type IncomingFrame, isObject } from 'lunaroute/neutral'
import { describe, expect, it } from 'vitest'
import { chatStreams, messagesStreams, type Streamed } from '../arbitrary-streams.ts'
import { checkNeutral } from '../grammar/neutral.ts'
import { decode, encode, frameOf, lenientContext, type PlainFrame } from '../stream-corpus.ts'
import { ESTIMATE } from './answer-path.ts'
import { PAIRS } from './dialects.ts'
import { geminiStreams, responsesStreams } from './upstream-streams.ts'

const RUNS = { numRuns: 100 }
const STREAMS: Readonly<Record<string, fc.Arbitrary<Streamed>>> = {
  'openai-chat': chatStreams,
  'openai-responses': responsesStreams,
  'anthropic-messages': messagesStreams,
  gemini: geminiStreams,
}

describe('any legal stream for a client of another dialect', () => {
  for (const { from, to } of PAIRS) {
    const pair = `${from.codec.dialect} -> ${to.codec.dialect}`
    const streams = STREAMS[from.codec.dialect]!

    it(`is legal and means the same: ${pair}`, () => {
      fc.assert(
        fc.property(streams, streamed => {
          const events = decode(from.codec, framesOf(streamed))
          expect(checkNeutral(events)).toEqual([])
          const written = encode(to.codec, events, lenientContext(ESTIMATE))
          expect(to.check(written)).toEqual([])
          const { text, calls, isLong, usage } = streamed.meaning
          const { usage: counted, ...said } = to.read.stream(written)
          const stop = isLong ? 'length' : calls.length > 0 ? 'calls' : 'stop'
          expect(said).toEqual({ text, calls, stop, isError: false })
          if (usage) expect(counted).toEqual(usage)
        }),
        RUNS,
      )
    })

    it(`is an error wherever it is cut: ${pair}`, () => {
      fc.assert(
        fc.property(streams, fc.nat(), fc.nat(), (streamed, at, within) => {
          const frames = framesOf(streamed)
          const place = at % streamed.completeFrom
          const { data, event } = frames[place]!
          // The frame the cut goes through arrives in part.
          const part = frameOf(data.slice(0, within % Math.max(1, data.length)), event)
          const events = decode(from.codec, [...frames.slice(0, place), part])
          expect(checkNeutral(events)).toEqual([])
          expect(events.at(-1)).toMatchObject({ type: 'error', error: { kind: 'cut' } })
          const written = encode(to.codec, events, lenientContext(ESTIMATE))
          expect(to.check(written)).toEqual([])
          expect(isError(written.at(-1)!)).toBe(true)
        }),
        RUNS,
      )
    })
  }
})

function isError({ event, data }: PlainFrame): boolean {
  return event === 'response.failed' || (isObject(data) && isObject(data.error))
}

function framesOf({ events }: Streamed): readonly IncomingFrame[] {
  return events.map(event =>
    frameOf(event, typeof event === 'object' && 'type' in event ? String(event.type) : undefined),
  )
}
