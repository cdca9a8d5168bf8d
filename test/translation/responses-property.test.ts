import fc from 'fast-check'
import type { Block, NeutralEvent, ResponseContext } from 'lunaroute/neutral'
import { describe, expect, it } from 'vitest'
import { responsesCodec } from '../../plugins/openai/codec/responses/index.ts'
import { collectBlocks } from './collect.ts'
import { checkResponsesStream } from './grammar/openai-responses.ts'
import { neutralStreams } from './neutral-streams.ts'

const RUNS = { numRuns: 600 }

describe('a Responses stream from any legal sequence of neutral events', () => {
  it('is legal and means the same', () => {
    fc.assert(
      fc.property(neutralStreams(), events => {
        const written = encode(events)
        expect(checkResponsesStream(written)).toEqual([])
        expect(said(decode(written))).toEqual(said(events))
      }),
      RUNS,
    )
  })

  it('reports the last usage, in whatever order it came', () => {
    fc.assert(
      fc.property(neutralStreams(), events => {
        if (events.at(-1)?.type !== 'end') return
        const last = encode(events).at(-1)!.data as { response: { usage: unknown } }
        expect(last.response.usage).toMatchObject({ input_tokens: 3, output_tokens: 9, total_tokens: 12 })
      }),
      RUNS,
    )
  })

  it('is a failure and never a normal end when it is cut', () => {
    fc.assert(
      fc.property(neutralStreams(), fc.nat(), (events, at) => {
        const written = encode(events.slice(0, at % events.length))
        expect(checkResponsesStream(written)).toEqual([])
        expect(written.at(-1)?.event).toBe('response.failed')
      }),
      RUNS,
    )
  })

  it('read again after a cut is an error', () => {
    fc.assert(
      fc.property(neutralStreams(), fc.nat(), (events, at) => {
        const written = encode(events)
        const isError = written.at(-2)?.event === 'error'
        const again = decode(written.slice(0, at % (written.length - (isError ? 1 : 0))))
        expect(again.at(-1)?.type).toBe('error')
        expect(again.filter(({ type }) => type === 'end' || type === 'error').length).toBe(1)
      }),
      RUNS,
    )
  })

  it('keeps the neutral grammar when its events are lost, repeated or out of order', () => {
    fc.assert(
      fc.property(neutralStreams(), fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 5 }), (events, moves) => {
        const written = encode(events)
        for (const [from, to] of moves) {
          const [frame] = written.splice(from % written.length, 1)
          if (to % 3 > 0) written.splice(to % (written.length + 1), 0, frame!)
          if (to % 3 > 1) written.splice(from % (written.length + 1), 0, frame!)
          if (written.length === 0) return
        }
        const again = decode(written)
        expect(grammarProblems(again)).toEqual([])
        expect(checkResponsesStream(encode(again.map(withoutBag)))).toEqual([])
      }),
      RUNS,
    )
  })
})

interface Frame {
  readonly event: string | undefined
  readonly data: unknown
}

function encode(events: readonly NeutralEvent[]): Frame[] {
  let ids = 0
  const context: ResponseContext = {
    diagnostics: {
      isStrict: false,
      dropped() {},
      changed() {},
      refused(path) {
        throw new Error(path)
      },
    },
    request: { dialect: 'openai-responses', messages: [] },
    model: 'model',
    now: () => 0,
    id: prefix => prefix + ids++,
  }
  const encoder = responsesCodec.createEncoder(context)
  const frames = [...events.flatMap(event => encoder.push(event)), ...encoder.end()]
  return frames.flatMap(frame =>
    'data' in frame ? [{ event: frame.event, data: JSON.parse(JSON.stringify(frame.data)) as unknown }] : [],
  )
}

function decode(frames: readonly Frame[]): NeutralEvent[] {
  const decoder = responsesCodec.createDecoder()
  return [...frames.flatMap(({ event, data }) => decoder.push({ event, data: '', json: () => data })), ...decoder.end()]
}

function withoutBag({ extra: _, frame: __, ...event }: NeutralEvent): NeutralEvent {
  return event as NeutralEvent
}

/** What a client learns: blocks by kind and words, in order of their kind; how it ended. */
function said(events: readonly NeutralEvent[]): unknown {
  const stopped = new Set(events.flatMap(event => (event.type === 'blockStop' ? [event.index] : [])))
  const last = events.at(-1)!
  const isWhole = last.type === 'end'
  const blocks = collectBlocks(events).filter((_, index) => isWhole || stopped.has(index))
  const finish = events.findLast(event => event.type === 'finish')
  const isLength = finish?.type === 'finish' && finish.stop.reason === 'length'
  if (!isWhole || (finish?.type === 'finish' && finish.stop.reason === 'error')) return 'failed'
  return { isLength, blocks: blocks.flatMap(words).sort() }
}

function words(block: Block): string[] {
  switch (block.type) {
    case 'text':
    case 'refusal':
      return [`${block.type} ${block.text} ${block.type === 'text' ? (block.citations ?? []).length : ''}`]
    case 'toolCall':
      return [`${block.callId} ${block.name} ${block.input || (block.inputType === 'json' ? '{}' : '')}`]
    case 'reasoning': {
      const of = (kind: string) => block.parts.filter(part => part.kind === kind).map(part => part.text)
      return [JSON.stringify([of('summary').join(''), of('text').join(''), block.state])]
    }
    case 'serverToolCall':
      return block.kind === 'web_fetch' ? [] : [`${block.kind}`]
    default:
      return []
  }
}

/** What is wrong with a sequence of neutral events. */
function grammarProblems(events: readonly NeutralEvent[]): string[] {
  const open = new Set<number>()
  let count = 0
  let hasStarted = false
  return events.flatMap((event, i): string[] => {
    if (event.type === 'ping' || event.type === 'native') return []
    const isLast = i === events.length - 1
    if (event.type === 'end' || event.type === 'error') return isLast ? [] : [`${event.type} is not last`]
    if (isLast) return ['no end']
    if (event.type === 'start') {
      if (hasStarted) return ['a second start']
      hasStarted = true
      return []
    }
    if (!hasStarted) return [`${event.type} before start`]
    if (event.type === 'finish') return open.size === 0 ? [] : ['finish with open blocks']
    if (!('index' in event)) return []
    if (event.type === 'blockStart') {
      if (event.index !== count++) return ['a gap in the blocks']
      open.add(event.index)
      return []
    }
    if (!open.has(event.index)) return [`${event.type} for a block that is not open`]
    if (event.type === 'blockStop') open.delete(event.index)
    return []
  })
}
