import fc from 'fast-check'
import { type Codec, type IncomingFrame, isObject } from 'lunaroute/neutral'
import { describe, expect, it } from 'vitest'
import { messagesCodec } from '../../plugins/anthropic/codec/index.ts'
import { chatCodec } from '../../plugins/openai/codec/chat/index.ts'
import { chatStreams, type Meaning, messagesStreams, type Streamed } from './arbitrary-streams.ts'
import { checkMessagesStream } from './grammar/anthropic-messages.ts'
import { checkNeutral } from './grammar/neutral.ts'
import { checkChatStream } from './grammar/openai-chat.ts'
import { decode, encode, frameOf, lenientContext } from './stream-corpus.ts'
import { readChat, readMessages } from './stream-readers.ts'

const RUNS = { numRuns: 300 }
const ESTIMATE = 77

const DIRECTIONS = [
  {
    name: 'Chat -> Messages',
    streams: chatStreams,
    from: chatCodec,
    to: messagesCodec,
    check: checkMessagesStream,
    read: readMessages,
    words: { long: 'max_tokens', call: 'tool_use', stop: 'end_turn' },
    end: 'message_stop',
  },
  {
    name: 'Messages -> Chat',
    streams: messagesStreams,
    from: messagesCodec,
    to: chatCodec,
    check: checkChatStream,
    read: readChat,
    words: { long: 'length', call: 'tool_calls', stop: 'stop' },
    end: '[DONE]',
  },
] as const

describe('any legal stream', () => {
  for (const { name, streams, from, to, check, read, words, end } of DIRECTIONS) {
    const translate = (frames: readonly IncomingFrame[]) => encode(to, decode(from, frames), lenientContext(ESTIMATE))

    it(`becomes a legal stream with the same meaning: ${name}`, () => {
      fc.assert(
        fc.property(streams, streamed => {
          const frames = framesOf(streamed, from)
          expect(checkNeutral(decode(from, frames))).toEqual([])
          const written = translate(frames)
          expect(check(written)).toEqual([])
          expect(read(written)).toEqual(saidBy(streamed.meaning, words))
        }),
        RUNS,
      )
    })

    it(`comes back as it was: ${name.split(' ')[0]}`, () => {
      fc.assert(
        fc.property(streams, streamed => {
          const frames = framesOf(streamed, from).filter(({ data }) => data !== '')
          const whole = streamed.events.at(-1) === '[DONE]' || from === messagesCodec
          const written = encode(from, decode(from, frames), lenientContext(ESTIMATE))
          const kept = whole ? written : written.slice(0, -1)
          expect(kept.map(({ data }) => data)).toEqual(frames.map(({ data, json }) => json() ?? data))
        }),
        RUNS,
      )
    })

    it(`ends with an error wherever it is cut: ${name}`, () => {
      fc.assert(
        fc.property(streams, fc.nat(), fc.nat(), (streamed, at, within) => {
          const frames = framesOf(streamed, from)
          const place = at % streamed.completeFrom
          const cut = frames[place]!.data
          // The frame the cut goes through arrives in part.
          const part = frameOf(cut.slice(0, within % Math.max(1, cut.length)), frames[place]!.event)
          const events = decode(from, [...frames.slice(0, place), part])
          expect(checkNeutral(events)).toEqual([])
          expect(events.at(-1)).toMatchObject({ type: 'error', error: { kind: 'cut' } })
          const written = encode(to, events, lenientContext(ESTIMATE))
          expect(check(written)).toEqual([])
          const last = written.at(-1)!
          expect(isObject(last.data) && 'error' in last.data).toBe(true)
          expect(written.some(({ event, data }) => event === end || data === end)).toBe(false)
        }),
        RUNS,
      )
    })
  }
})

function framesOf({ events }: Streamed, codec: Codec): readonly IncomingFrame[] {
  return events.map(event => {
    const type =
      codec === messagesCodec && typeof event === 'object' && 'type' in event ? String(event.type) : undefined
    return frameOf(event, type)
  })
}

function saidBy(meaning: Meaning, words: { readonly long: string; readonly call: string; readonly stop: string }) {
  const { text, thinking, calls, isLong, usage } = meaning
  const stop = isLong ? words.long : calls.length > 0 ? words.call : words.stop
  return { text, thinking, calls, stop, usage: usage ?? { input: ESTIMATE, output: 0 }, error: undefined }
}
