import { describe, expect, it } from 'vitest'
import { messagesCodec } from '../../plugins/anthropic/codec/index.ts'
import { chatCodec } from '../../plugins/openai/codec/chat/index.ts'
import { hasCorpus } from './corpus.ts'
import { checkMessagesStream } from './grammar/anthropic-messages.ts'
import { checkChatStream } from './grammar/openai-chat.ts'
import {
  answersIn,
  decode,
  encode,
  lenientContext,
  type PlainFrame,
  plainOf,
  streamRecordings,
} from './stream-corpus.ts'
import { readChat, readMessages, type Said } from './stream-readers.ts'

const ESTIMATE = 77

/** Answers that say something else afterwards, with the reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'mirascope.stream.63408ba6': 'the model refused and finished with `stop`: Messages has a word for that',
  'ai.spliced_message_start.b2fc3323': 'two answers put into one by hand: the call of the first stays half said',
}

const DIRECTIONS = [
  {
    from: { api: 'openai-chat', codec: chatCodec, read: readChat },
    to: { codec: messagesCodec, read: readMessages, check: checkMessagesStream },
    count: 118,
    stops: {
      stop: 'end_turn',
      eos: 'end_turn',
      length: 'max_tokens',
      tool_calls: 'tool_use',
      content_filter: 'refusal',
    },
    call: 'tool_use',
  },
  {
    from: { api: 'anthropic-messages', codec: messagesCodec, read: readMessages },
    to: { codec: chatCodec, read: readChat, check: checkChatStream },
    count: 108,
    stops: {
      end_turn: 'stop',
      stop_sequence: 'stop',
      max_tokens: 'length',
      tool_use: 'tool_calls',
      refusal: 'content_filter',
      pause_turn: 'stop',
      compaction: 'stop',
    },
    call: 'tool_calls',
  },
] as const

const excused = new Set<string>()

if (!hasCorpus) console.warn('cross translation of streams skipped: there is no ../shared/corpus beside the repository')

describe.skipIf(!hasCorpus)('a recorded stream in another dialect', () => {
  for (const { from, to, count, stops, call } of DIRECTIONS) {
    const answers = hasCorpus
      ? streamRecordings(from.api).flatMap(({ id, frames }) =>
          answersIn(frames).map((answer, i) => ({ id: i === 0 ? id : `${id}#${i}`, frames: answer })),
        )
      : []
    const translate = (frames: (typeof answers)[number]['frames']): readonly PlainFrame[] =>
      encode(to.codec, decode(from.codec, frames), lenientContext(ESTIMATE))

    it(`keeps to the grammar: ${count} of ${from.api}`, () => {
      expect(answers.length).toBe(count)
      const problems = answers.flatMap(({ id, frames }) => {
        const found = to.check(translate(frames))
        if (found.length > 0 && Object.hasOwn(EXCEPTIONS, id)) {
          excused.add(id)
          return []
        }
        return found.map(problem => `${id} ${problem}`)
      })
      expect(problems).toEqual([])
    })

    it(`says the same: ${count} of ${from.api}`, () => {
      const problems = answers.flatMap(({ id, frames }) => {
        const before = from.read(plainOf(frames))
        const difference = firstDifference(expected(before, stops, call), to.read(translate(frames)))
        if (difference === undefined) return []
        if (Object.hasOwn(EXCEPTIONS, id)) {
          excused.add(id)
          return []
        }
        return [`${id}: ${difference}`]
      })
      expect(problems).toEqual([])
    })
  }

  it('has no exception that is not needed', () => {
    expect([...excused].sort()).toEqual(Object.keys(EXCEPTIONS).sort())
  })
})

/** What should be read afterwards. A broken answer has no stop reason and no usage to rely on. */
function expected(before: Said, stops: Readonly<Record<string, string>>, call: string): Partial<Said> {
  const { text, thinking, calls, stop, usage, error } = before
  const said = { text, thinking, calls }
  if (error !== undefined) return { ...said, error }
  const word = stop === undefined ? undefined : stops[stop]
  const fallback = calls.length > 0 ? call : Object.values(stops)[0]!
  const isCall = word === undefined || (calls.length > 0 && word === Object.values(stops)[0])
  const isNoCall = word === call && calls.length === 0
  return { ...said, stop: isCall || isNoCall ? fallback : word, usage, error: undefined }
}

function firstDifference(want: Partial<Said>, got: Said): string | undefined {
  for (const key of ['error', 'text', 'thinking', 'calls', 'stop'] as const) {
    if (!(key in want)) continue
    const [a, b] = [JSON.stringify(want[key]), JSON.stringify(got[key])]
    // What was half said when the answer broke off need not be told.
    if (key === 'calls' && want.error !== undefined) continue
    if (a !== b) return `${key} ${a?.slice(0, 300)} became ${b?.slice(0, 300)}`
  }
  if (!want.usage) return undefined
  const usage = { input: want.usage.input ?? ESTIMATE, output: want.usage.output ?? 0 }
  const [a, b] = [JSON.stringify(usage), JSON.stringify(got.usage)]
  return a === b ? undefined : `usage ${a} became ${b}`
}
