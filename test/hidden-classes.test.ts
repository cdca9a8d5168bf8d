import v8 from 'node:v8'
import { expect, it } from 'vitest'
import { chatCodec } from '../plugins/openai/codec/chat/index.ts'
import { createFramer, type NeutralEvent, type OutgoingFrame } from '../src/neutral/index.ts'
import { withBody } from '../src/sessions/index.ts'

// An object with a hidden class of its own costs as much as all else that is done for an event, and a full collection in
// the end. In Node 20 that is what a key gets that is added to a spread object, or a getter of an object's own.
v8.setFlagsFromString('--allow-natives-syntax')
const haveSameMap = new Function('a', 'b', 'return %HaveSameMap(a, b)') as (a: unknown, b: unknown) => boolean
/** Until the engine has seen enough of it to go its fast ways. */
const OFTEN = 5_000

const lastTwo = <T>(make: (i: number) => T): readonly [T, T] => {
  for (let i = 0; i < OFTEN; i++) make(i)
  return [make(1), make(2)]
}

it('events with a body are of one shape', () => {
  const body = Buffer.from('{}')
  const [a, b] = lastTwo(i => withBody({ type: 'request_recorded', sequence: i } as never, body))
  expect(haveSameMap(a, b)).toBe(true)
})

it('what a Chat stream is read into is of one shape', () => {
  const events: NeutralEvent[] = []
  const decoder = chatCodec.createDecoder()
  const framer = createFramer('sse', chunk => void events.push(...decoder.push(chunk)))
  const delta = (content: string) => ({
    id: 'c',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta: { content }, finish_reason: null }],
  })
  for (let i = 0; i < OFTEN; i++) framer.push(Buffer.from(`data: ${JSON.stringify(delta(`word ${i} `))}\n\n`))
  const [a, b] = events.filter(each => each.type === 'textDelta').slice(-2)
  expect([
    haveSameMap(a, b),
    haveSameMap(a?.extra?.['openai-chat'] ?? a?.extra, b?.extra?.['openai-chat'] ?? b?.extra),
  ]).toEqual([true, true])
})

it('what a stream is written as for Chat is of one shape', () => {
  const encoder = chatCodec.createEncoder({
    diagnostics: {
      isStrict: false,
      dropped: () => undefined,
      changed: () => undefined,
      refused: () => undefined as never,
    },
    request: { dialect: 'anthropic', messages: [] },
    model: 'm',
    now: () => 1,
    id: prefix => `${prefix}1`,
  })
  const frames: OutgoingFrame[] = []
  const push = (event: NeutralEvent): void => void frames.push(...encoder.push(event))
  push({ type: 'start', id: 'x', model: 'm' })
  push({ type: 'blockStart', choice: 0, index: 0, block: { type: 'text', text: '' } })
  for (let i = 0; i < OFTEN; i++) push({ type: 'textDelta', choice: 0, index: 0, text: `word ${i} ` })
  const [a, b] = frames.slice(-2).map(each => (each as { readonly data: unknown }).data)
  expect(JSON.stringify(a)).toContain('word')
  expect(haveSameMap(a, b)).toBe(true)
})
