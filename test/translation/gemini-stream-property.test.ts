import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { legalEvents, meaning } from './gemini-events.ts'
import { decode, encode } from './gemini-streams.ts'
import { checkGeminiStream } from './grammar/gemini.ts'

/** Every stop that Gemini has one word for comes back as the first of its kind. */
const STOPS: Readonly<Record<string, string>> = {
  stopSequence: 'stop',
  contextFull: 'length',
  refusal: 'filter',
  other: 'error',
}

describe('any legal sequence of events', () => {
  it('becomes a legal stream', () => {
    fc.assert(
      fc.property(legalEvents, events => {
        expect(checkGeminiStream(encode(events))).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  it('says the same when it is read again', () => {
    fc.assert(
      fc.property(legalEvents, events => {
        const data = encode(events).map(({ data }) => JSON.stringify(data))
        const [before, after] = [meaning(events), meaning(decode(data))]
        if (before.ends === 'error') {
          expect(after.ends).toBe('error')
          return
        }
        for (const [choice, reason] of Object.entries(before.stops)) {
          const word = STOPS[reason] ?? reason
          const hasCalls = before.choices[choice]?.some(([kind]) => kind!.startsWith('call'))
          before.stops[Number(choice)] = word === 'stop' && hasCalls ? 'toolCalls' : word
        }
        // A choice without a block has nothing to compare but its stop.
        expect(after.choices).toEqual(before.choices)
        expect(after.stops).toEqual(before.stops)
        expect(after.usage).toMatchObject(before.usage)
        expect(after.ends).toBe('end')
      }),
      { numRuns: 500 },
    )
  })

  it('never ends well when it is cut', () => {
    fc.assert(
      fc.property(legalEvents, fc.nat(), (events, at) => {
        const frames = encode(events.slice(0, at % events.length))
        expect(checkGeminiStream(frames)).toEqual([])
        expect(frames.at(-1)?.data).toMatchObject({ error: { status: 'UNAVAILABLE' } })
        expect(frames.some(({ data }) => JSON.stringify(data).includes('finishReason'))).toBe(false)
      }),
      { numRuns: 300 },
    )
  })

  it('is cut into an error also by what carries it', () => {
    fc.assert(
      fc.property(legalEvents, fc.nat(), (events, at) => {
        const data = encode(events).map(({ data }) => JSON.stringify(data))
        expect(decode(data.slice(0, at % data.length)).at(-1)?.type).toBe('error')
      }),
      { numRuns: 300 },
    )
  })
})
