import type { NeutralEvent } from 'lunaroute/neutral'
import { describe, expect, it } from 'vitest'
import { canonical, hasCorpus } from './corpus.ts'
import { decode, encode, recordedStreams } from './gemini-streams.ts'
import { checkGeminiStream } from './grammar/gemini.ts'

/** Recorded streams that are not legal, with the reason. */
const REPEATED = 'a hand-edited fixture: every chunk says STOP, or two answers are joined'
const UNFINISHED = 'the recording breaks off, or its last event lacks the blank line that completes it'
const ILLEGAL: Readonly<Record<string, string>> = {
  'js_genai.chats_tests_sendmessage_multiple_messages_with_server_si.30e7c127': REPEATED,
  'js_genai.chats_tests_sendmessage_multiple_messages_with_server_si.c7c0deea': REPEATED,
  'spliced.gemini_cancelled_bare_json_tool0.eb1c7f0b': UNFINISHED,
  'vertexai_sdk_test_data.streaming_failure_error_mid_stream.443f515e': REPEATED,
  'vertexai_sdk_test_data.streaming_failure_invalid_json.03460521': 'a fixture of what is no response',
  'vertexai_sdk_test_data.streaming_failure_malformed_content.20b2f702': 'a fixture of what is no response',
  'vertexai_sdk_test_data.streaming_failure_recitation_no_content.11c17562': REPEATED,
  'vertexai_sdk_test_data.streaming_failure_unknown_finish_enum.176ad921': REPEATED,
  'vertexai_sdk_test_data.streaming_success_citations.11eaec44': REPEATED,
  'vertexai_sdk_test_data.streaming_success_finish_message.15745096': UNFINISHED,
  'vertexai_sdk_test_data.streaming_success_no_content_parts.14b8d101': UNFINISHED,
  'vertexai_sdk_test_data.streaming_success_utf8.c65ccae9': REPEATED,
}

const streams = hasCorpus ? recordedStreams() : []

if (!hasCorpus) console.warn('gemini streams skipped: there is no ../shared/corpus beside the repository')

describe.skipIf(!hasCorpus)('recorded streams of gemini', () => {
  it('are legal but for those named', () => {
    expect(streams.length).toBe(87)
    const illegal = streams.filter(({ data }) => checkGeminiStream(data.map(data => ({ data }))).length > 0)
    expect(illegal.map(({ id }) => id)).toEqual(Object.keys(ILLEGAL))
  })

  it('come back event by event when they are decoded and encoded', () => {
    const changed = streams.flatMap(({ id, data }) => {
      const events = decode(data)
      const before = data.map(text => canonical(JSON.parse(text)))
      const after = encode(events).map(({ data }) => canonical(data))
      // A stream without its end gets an error for one.
      const whole = isCut(events) ? after.slice(0, -1) : after
      return whole.join('\n') === before.join('\n') ? [] : [firstDifference(id, before, whole)]
    })
    expect(changed).toEqual([])
  })

  it('end with `end` or with an error, once, and their blocks nest', () => {
    expect(streams.flatMap(({ id, data }) => grammarOf(decode(data)).map(problem => `${id}: ${problem}`))).toEqual([])
  })

  it('never end well when they are cut before their end', () => {
    for (const { id, data } of streams) {
      const finish = data.findIndex(text => /"(?:finishReason|blockReason)"/.test(text))
      for (let cut = 0; cut < finish; cut++) {
        const last = decode(data.slice(0, cut)).at(-1)
        expect(last, `${id} cut after ${cut} events`).toMatchObject({ type: 'error' })
      }
    }
  })
})

function isCut(events: readonly NeutralEvent[]): boolean {
  const last = events.at(-1)
  return last?.type === 'error' && last.error.kind === 'cut'
}

/** What a sequence of events does that the neutral form does not allow. */
function grammarOf(events: readonly NeutralEvent[]): string[] {
  const problems: string[] = []
  const open = new Set<string>()
  const counts = new Map<number, number>()
  let isStarted = false
  for (const [n, event] of events.entries()) {
    if (event.type === 'start') {
      if (isStarted) problems.push('two starts')
      isStarted = true
    } else if (!isStarted && !['ping', 'native', 'error'].includes(event.type))
      problems.push(`${event.type} before start`)
    if ((event.type === 'end' || event.type === 'error') !== (n === events.length - 1))
      problems.push(`${event.type} at ${n}`)
    if (!('index' in event)) continue
    const key = `${event.choice}.${event.index}`
    if (event.type === 'blockStart') {
      if (event.index !== (counts.get(event.choice) ?? 0)) problems.push(`block ${key} out of order`)
      counts.set(event.choice, event.index + 1)
      open.add(key)
    } else if (!open.has(key)) problems.push(`${event.type} of ${key}, which is not open`)
    if (event.type === 'blockStop') open.delete(key)
  }
  if (events.at(-1)?.type === 'end' && open.size > 0) problems.push('blocks are left open')
  return problems
}

function firstDifference(id: string, before: readonly string[], after: readonly string[]): string {
  const n = before.findIndex((text, i) => text !== after[i])
  const [a, b] = [before[n] ?? '', after[n] ?? '']
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  const near = (text: string) => text.slice(Math.max(0, at - 60), at + 100)
  return `${id} event ${n} of ${before.length}/${after.length}: ${near(a)} became ${near(b)}`
}
