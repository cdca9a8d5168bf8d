import type { JsonObject } from 'lunaroute/neutral'
import { describe, expect, it } from 'vitest'
import { messagesCodec } from '../../plugins/anthropic/codec/index.ts'
import { chatCodec } from '../../plugins/openai/codec/chat/index.ts'
import { hasCorpus } from './corpus.ts'
import { checkMessagesStream } from './grammar/anthropic-messages.ts'
import { checkNeutral } from './grammar/neutral.ts'
import { checkChatStream } from './grammar/openai-chat.ts'
import { mutants } from './mutants.ts'
import { decode, encode, frameOf, lenientContext, plainOf, streamRecordings } from './stream-corpus.ts'

/** What only a provider can get wrong: its arguments are no JSON, its calls share an id or have no name. */
const NOT_OURS = /^(arguments|input|call-id-taken|call-name|call):/

/** Of each recording. */
const MUTANTS = 6

const DIRECTIONS = [
  { api: 'openai-chat', from: chatCodec, to: messagesCodec, check: checkMessagesStream },
  { api: 'anthropic-messages', from: messagesCodec, to: chatCodec, check: checkChatStream },
] as const

if (!hasCorpus) console.warn('odd streams skipped: there is no ../shared/corpus beside the repository')

describe.skipIf(!hasCorpus)('a stream with a field missing, null, unknown or of the wrong type', () => {
  for (const { api, from, to, check } of DIRECTIONS) {
    it(`is still read by the grammar and written by the grammar: ${api}`, () => {
      const problems = streamRecordings(api).flatMap(({ id, frames }) => {
        const events = plainOf(frames)
        const body = { events: events.slice(0, 40).map(({ data }) => data) }
        return mutants({ id, status: 200, body })
          .slice(0, MUTANTS)
          .flatMap(mutant => {
            const list = Array.isArray(mutant.body.events) ? (mutant.body.events as (JsonObject | string)[]) : []
            const odd = list.map((data, i) => frameOf(data ?? '', events[i]?.event))
            const read = decode(from, [...odd, ...frames.slice(40)])
            const found = [...checkNeutral(read), ...check(encode(to, read, lenientContext(7)))]
            return found.filter(problem => !NOT_OURS.test(problem)).map(problem => `${mutant.id} ${problem}`)
          })
      })
      expect(problems).toEqual([])
    })
  }
})
