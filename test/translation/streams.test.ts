import type { Codec } from 'lunaroute/neutral'
import { describe, expect, it } from 'vitest'
import { messagesCodec } from '../../plugins/anthropic/codec/index.ts'
import { chatCodec } from '../../plugins/openai/codec/chat/index.ts'
import { canonical, hasCorpus, strictContext } from './corpus.ts'
import {
  answersIn,
  decode,
  encode,
  type PlainFrame,
  plainOf,
  type StreamRecording,
  streamRecordings,
} from './stream-corpus.ts'

const ADDED = 'the server left out [DONE] after the answer was complete; clients wait for it'
const CLOSED = 'an error ends a stream: what the server sent after it is left out'

/** Recordings that come back with another end, with the reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'chatlas.test_huggingface_tools.1a579df8': ADDED,
  'langchaingo.testperplexitytool.669e52a8': ADDED,
  'langchaingo.testtool_integration.9d4a8ee7': ADDED,
  'ruby_llm.chat_streaming_responses_perplexity_sonar_supports_strea.b00305a1': ADDED,
  'pydantic_ai.test_openrouter_stream_error.44991879': CLOSED,
  'spliced.openai_chat_server_error_done_text0.a5a5d3e0': CLOSED,
  'spliced.openai_chat_server_error_done_tool0.0ce730c8': CLOSED,
}

const DIALECTS = [
  { api: 'anthropic-messages', codec: messagesCodec, count: 89, answers: 108 },
  { api: 'openai-chat', codec: chatCodec, count: 118, answers: 118 },
] as const

const context = strictContext({ dialect: 'none', messages: [] })
const excused = new Set<string>()

if (!hasCorpus) console.warn('streams skipped: there is no ../shared/corpus beside the repository')

describe.skipIf(!hasCorpus)('stream -> neutral -> stream', () => {
  for (const { api, codec, count, answers } of DIALECTS) {
    const streams = hasCorpus ? streamRecordings(api) : []

    it(`gives back ${count} recorded streams of ${api}, event by event`, () => {
      expect(streams.length).toBe(count)
      expect(streams.flatMap(({ frames }) => answersIn(frames)).length).toBe(answers)
      expect(streams.flatMap(stream => changed(stream, codec))).toEqual([])
    })
  }

  it('has no exception that is not needed', () => {
    expect([...excused].sort()).toEqual(Object.keys(EXCEPTIONS).sort())
  })
})

function changed({ id, frames }: StreamRecording, codec: Codec): readonly string[] {
  const problem = answersIn(frames)
    .map(answer => firstDifference(plainOf(answer), encode(codec, decode(codec, answer), context)))
    .find(difference => difference !== undefined)
  if (problem === undefined) return []
  if (Object.hasOwn(EXCEPTIONS, id)) {
    excused.add(id)
    return []
  }
  return [`${id}: ${problem}`]
}

function firstDifference(before: readonly PlainFrame[], after: readonly PlainFrame[]): string | undefined {
  for (let i = 0; i < Math.max(before.length, after.length); i++) {
    const [old, now] = [before[i], after[i]]
    if (canonical(old?.data) !== canonical(now?.data) || old?.event !== now?.event) {
      return `event ${i} of ${before.length}: ${canonical(old)?.slice(0, 700)} became ${canonical(now)?.slice(0, 700)}`
    }
  }
  return undefined
}
