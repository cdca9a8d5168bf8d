import type { IncomingFrame, NeutralEvent, OutgoingFrame } from 'lunaroute/neutral'
import { describe, expect, it } from 'vitest'
import { responsesCodec } from '../../plugins/openai/codec/responses/index.ts'
import { canonical, hasCorpus, strictContext } from './corpus.ts'
import { checkResponsesStream } from './grammar/openai-responses.ts'
import { recordedStreams } from './streams.ts'

const context = strictContext({ dialect: 'none', messages: [] })
const streams = hasCorpus ? recordedStreams('openai-responses') : []

if (!hasCorpus) console.warn('recorded streams skipped: there is no ../shared/corpus beside the repository')

describe.skipIf(!hasCorpus)('recorded streams of Responses', () => {
  it('are as the grammar says', () => {
    const problems = streams.map(({ id, frames }) => [id, checkResponsesStream(frames)] as const)
    const odd = problems.filter(([, found]) => found.length > 0)
    for (const [id, found] of odd) console.log(id, found.length, found.slice(0, 5))
    console.log(odd.length)
  })
  it('come back', () => {
    let bad = 0
    for (const { id, frames } of streams) {
      const out = encode(decode(frames))
      const before = frames
        .filter(f => f.data !== '[DONE]')
        .map(({ event, data }) => canonical([event, JSON.parse(data)]))
      const after = out.map(f => ('data' in f ? canonical(JSON.parse(JSON.stringify([f.event, f.data]))) : 'comment'))
      const at = before.findIndex((x, i) => x !== after[i])
      if (at >= 0 || after.length !== before.length) {
        bad++
        const b = before[at] ?? '',
          a = after[at] ?? ''
        let k = 0
        while (b[k] === a[k] && k < b.length) k++
        console.log(
          id,
          at,
          before.length,
          after.length,
          '\n  ',
          b.slice(Math.max(0, k - 80), k + 120),
          '\n  ',
          a.slice(Math.max(0, k - 80), k + 120),
        )
      }
    }
    console.log('bad', bad, streams.length)
  })
  it('foreign', () => {
    let bad = 0
    for (const { id, frames } of streams) {
      const events = decode(frames).map(({ extra, frame, ...e }) => e as NeutralEvent)
      let n = 0
      const enc = responsesCodec.createEncoder({
        ...context,
        model: 'm',
        id: p => `${p}${n++}`,
        diagnostics: {
          isStrict: false,
          dropped() {},
          changed() {},
          refused() {
            throw new Error()
          },
        },
      })
      const out = [...events.flatMap(e => enc.push(e)), ...enc.end()].filter(f => 'data' in f)
      const p = checkResponsesStream(JSON.parse(JSON.stringify(out)))
      if (p.length) {
        bad++
        console.log(id, p.slice(0, 4))
      }
    }
    console.log('bad', bad)
  })
})

function decode(frames: readonly IncomingFrame[]): NeutralEvent[] {
  const decoder = responsesCodec.createDecoder()
  return [...frames.flatMap(frame => decoder.push(frame)), ...decoder.end()]
}

function encode(events: readonly NeutralEvent[]): OutgoingFrame[] {
  const encoder = responsesCodec.createEncoder(context)
  return [...events.flatMap(event => encoder.push(event)), ...encoder.end()]
}
expect
