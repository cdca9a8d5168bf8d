import type { Block, IncomingFrame, JsonObject, NeutralEvent, OutgoingFrame } from 'lunaroute/neutral'
import { describe, expect, it } from 'vitest'
import { responsesCodec } from '../../plugins/openai/codec/responses/index.ts'
import { collectBlocks } from './collect.ts'
import { canonical, hasCorpus, strictContext } from './corpus.ts'
import { checkResponsesStream } from './grammar/openai-responses.ts'
import { schemaProblems } from './schema.ts'
import { recordedStreams, streamsIn } from './streams.ts'

/** What recorded streams do otherwise than the description says, with the reason. */
const ODDITIES: Readonly<Record<string, readonly [problem: RegExp, reason: string]>> = {
  'ai.lmstudio_tool_call_1.b301df0d': [/another input/, 'LM Studio: the deltas and the whole input differ'],
  'ai.openai_custom_tool_1.3af11411': [/sequence_number undefined|input is done/, 'written by hand, events left out'],
  'ai.openai_shell_container_1.086ab6b9': [/another text/, 'edited by hand: the whole text was shortened'],
  'dd_trace_py.response_tools_stream.d08ed131': [/./, 'an old recording: no numbers, no log probabilities'],
  'llm_openrouter.test_image_prompt.6b2bf9c5': [/named undefined|not an object/, 'OpenRouter: no names, and [DONE]'],
  'llm_openrouter.test_reasoning.0bfdbdb3': [/./, 'OpenRouter'],
  'prism.stream_basic_text_responses_1.5722d81e': [/no logprobs/, 'an old recording'],
  'prism.stream_multi_tool_conversation_responses_reasoning_3.a63c2cba': [/no logprobs/, 'an old recording'],
  'pydantic_ai.test_openai_responses_raw_cot_stream_openrouter.f221a379': [/./, 'OpenRouter'],
  'ruby_llm.providers_bedrock_mantle_responses_chat_streams_through.464bf58b': [/./, 'Bedrock'],
}

/** Recordings that hold the streams of several turns in one file. */
const SEVERAL = ['ai.openai_reasoning_encrypted_content_1.e54465bc']

/** Recordings whose deltas and last event differ: calls renamed, texts shortened. */
const CONTRADICTORY = new Set([
  'ai.lmstudio_tool_call_1.b301df0d',
  'ai.openai_client_tool_search_1.66d0fe96',
  'ai.openai_shell_container_1.086ab6b9',
  'pydantic_ai.test_openai_responses_raw_cot_stream_openrouter.f221a379',
])

const context = strictContext({ dialect: 'none', messages: [] })
const recorded = hasCorpus ? recordedStreams('openai-responses') : []
const streams = recorded.flatMap(stream =>
  SEVERAL.includes(stream.id) ? streamsIn(stream, 'response.created') : [stream],
)

if (!hasCorpus) console.warn('recorded streams skipped: there is no ../shared/corpus beside the repository')

describe.skipIf(!hasCorpus)('104 recorded streams of Responses', () => {
  it('are as the grammar says, but for the named oddities', () => {
    expect(streams.length).toBe(104)
    const odd = streams.map(({ id, frames }) => ({ id, problems: checkResponsesStream(frames) }))
    const unexpected = odd.flatMap(({ id, problems }) => {
      const [known] = ODDITIES[id] ?? []
      return problems.filter(problem => !known?.test(problem)).map(problem => `${id}: ${problem}`)
    })
    expect(unexpected).toEqual([])
    const needed = odd.filter(({ problems }) => problems.length > 0).map(({ id }) => id)
    expect(needed.sort()).toEqual(Object.keys(ODDITIES).sort())
  })

  it('come back event by event when they are written in their own dialect', () => {
    for (const { id, frames } of streams) {
      // The mark of Chat's end says nothing here: clients of Responses end with the last event.
      const before = frames.filter(({ data }) => data !== '[DONE]')
      const after = encode(decode(frames)).map(frame => ('data' in frame ? [frame.event, frame.data] : frame))
      expect(after.map(plain), id).toEqual(before.map(({ event, json }) => plain([event, json()])))
    }
  })

  it('say the same as the whole response at their end', () => {
    let compared = 0
    for (const { id, frames } of streams) {
      const last = frames.findLast(({ data }) => data !== '[DONE]')?.json() as { type: string; response?: unknown }
      if (!/completed|incomplete/.test(last.type) || CONTRADICTORY.has(id)) continue
      const [choice] = responsesCodec.readResponse(last.response as never).choices
      const said = collectBlocks(decode(frames))
      expect(said.map(comparable), id).toEqual(choice!.content.map(comparable))
      compared++
    }
    expect(compared).toBe(96)
  })

  it('keep no second copy of what their deltas say', () => {
    for (const { id, frames } of streams) {
      const events = decode(frames)
      const bags = JSON.stringify(events.map(({ extra }) => extra))
      for (const block of collectBlocks(events)) {
        const text = block.type === 'text' ? block.text : block.type === 'toolCall' ? block.input : ''
        const isCopied = text.length > 20 && bags.includes(JSON.stringify(text).slice(1, -1))
        expect(isCopied && !ODDITIES[id], `${id}: ${text}`).toBe(false)
      }
    }
  })

  it('are legal streams with the same meaning when they are written as if they came from elsewhere', () => {
    for (const { id, frames } of streams) {
      const events = decode(frames).map(({ extra: _, frame: __, ...event }) => event as NeutralEvent)
      const written = encode(events).filter(frame => 'data' in frame)
      expect(checkResponsesStream(JSON.parse(JSON.stringify(written))), id).toEqual([])
      const invalid = written.flatMap(({ data }) => schemaProblems('ResponseStreamEvent', data))
      expect(invalid, id).toEqual([])
      const again = decode(written.map(({ event, data }) => ({ event, data: '', json: () => data })))
      expect(collectBlocks(again).map(meaning), id).toEqual(collectBlocks(events).map(meaning))
    }
  })

  it('end in a failure of the same response when they are cut on the way to their own dialect', () => {
    for (const { id, frames } of streams) {
      const events = decode(frames.slice(0, 4))
      const end = events.at(-1)!
      if (end.type !== 'error' || end.error.kind !== 'cut') continue
      const written = encode(events).filter(frame => 'data' in frame)
      const [first, last] = [written[0]!, written.at(-1)!].map(
        ({ data }) => data as { type: string; response: JsonObject },
      )
      expect(written.length, id).toBe(6)
      expect([last!.type, last!.response.id], id).toEqual(['response.failed', first!.response.id])
    }
  })

  it('end in an error wherever they are cut', () => {
    for (const { id, frames } of streams) {
      for (const at of cuts(frames)) {
        const events = decode(frames.slice(0, at))
        expect(events.at(-1)?.type, `${id} at ${at}`).toBe('error')
        expect(events.some(({ type }) => type === 'end')).toBe(false)
        const foreign = events.map(({ extra: _, frame: __, ...event }) => event as NeutralEvent)
        const written = encode(foreign).filter(frame => 'data' in frame)
        expect(checkResponsesStream(JSON.parse(JSON.stringify(written))), `${id} at ${at}`).toEqual([])
        expect(written.at(-1)?.event).toBe('response.failed')
      }
    }
  })
})

/** Places before the last event: the first ones and a spread of the others. */
function cuts(frames: readonly IncomingFrame[]): number[] {
  const last = frames.findIndex(({ data }) => /"type":\s*"(response\.(completed|incomplete|failed)|error)"/.test(data))
  const all = Array.from({ length: last < 0 ? frames.length : last + 1 }, (_, i) => i)
  return all.filter(at => at < 6 || at % 17 === 0)
}

function decode(frames: readonly IncomingFrame[]): NeutralEvent[] {
  const decoder = responsesCodec.createDecoder()
  return [...frames.flatMap(frame => decoder.push(frame)), ...decoder.end()]
}

function encode(events: readonly NeutralEvent[]): OutgoingFrame[] {
  let ids = 0
  const diagnostics = { ...context.diagnostics, isStrict: false, dropped() {} }
  const encoder = responsesCodec.createEncoder({ ...context, diagnostics, model: 'm', id: prefix => prefix + ids++ })
  return [...events.flatMap(event => encoder.push(event)), ...encoder.end()]
}

function plain(value: unknown): unknown {
  return canonical(JSON.parse(JSON.stringify(value)))
}

/** A block without what only one of the two ways of reading keeps. */
function comparable(block: Block): string {
  return canonical(JSON.parse(JSON.stringify(block, (key, value: unknown) => (VARYING.has(key) ? undefined : value))))
}

/** What a block says, without the ids that a provider gave it. */
function meaning(block: Block): string {
  const kept = JSON.stringify(block, (key, value: unknown) => (VARYING.has(key) || IDS.has(key) ? undefined : value))
  return canonical(JSON.parse(kept))
}

const VARYING = new Set(['extra', 'at', 'logprobs', 'status', 'data', 'citations', 'fingerprint'])
const IDS = new Set(['id', 'callId'])
