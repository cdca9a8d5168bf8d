import type { JsonObject } from 'lunaroute/neutral'
import { describe, expect, it } from 'vitest'
import { messagesCodec } from '../../plugins/anthropic/codec/index.ts'
import { chatCodec } from '../../plugins/openai/codec/chat/index.ts'
import { checkMessagesStream } from './grammar/anthropic-messages.ts'
import { checkChatStream } from './grammar/openai-chat.ts'
import { decode, encode, lenientContext } from './stream-corpus.ts'
import { CALLS, call, chunk, deltasIn, frames, framesOf, STOP, toMessages } from './stream-making.ts'
import { readChat, readMessages } from './stream-readers.ts'

describe('Chat tool calls become Messages blocks', () => {
  it('that begin anew when whole calls share index 0', () => {
    const calls = ['Oslo', 'Rome'].map(city =>
      call(0, { id: `call_${city}`, name: 'weather', args: `{"city":"${city}"}` }),
    )
    expect(callsIn(...calls, CALLS)).toEqual([
      { name: 'weather', input: { city: 'Oslo' } },
      { name: 'weather', input: { city: 'Rome' } },
    ])
  })

  it('that stay one call when its id changes within it', () => {
    const parts = [call(0, { id: 'a', name: 'weather', args: '{"city"' }), call(0, { id: 'b', args: ':"Oslo"}' })]
    expect(callsIn(...parts, CALLS)).toEqual([{ name: 'weather', input: { city: 'Oslo' } }])
  })

  it('that stay one call when id and name change nothing but are said again', () => {
    const parts = ['{"city"', ':"Oslo"}'].map((args, i) => call(0, { id: `id${i}`, name: 'weather', args }))
    expect(callsIn(...parts, CALLS)).toEqual([{ name: 'weather', input: { city: 'Oslo' } }])
  })

  it('also without index and id', () => {
    const calls = ['Oslo', 'Rome'].map(city => call(undefined, { name: 'weather', args: `{"city":"${city}"}` }))
    const written = toMessages(...calls, CALLS)
    expect(readMessages(written).calls.map(({ input }) => input)).toEqual([{ city: 'Oslo' }, { city: 'Rome' }])
    expect(checkMessagesStream(written)).toEqual([])
  })

  it('also from arguments that are an object', () => {
    expect(callsIn(call(0, { id: 'a', name: 'weather', args: { city: 'Oslo' } }), CALLS)).toEqual([
      { name: 'weather', input: { city: 'Oslo' } },
    ])
  })

  it('also from the old function_call', () => {
    const parts = [{ name: 'weather', arguments: '' }, { arguments: '{"city":' }, { arguments: '"Oslo"}' }]
    const deltas = parts.map(function_call => chunk({ function_call }))
    expect(callsIn(...deltas, chunk({}, 'function_call'))).toEqual([{ name: 'weather', input: { city: 'Oslo' } }])
  })

  it('one after the other when they are interleaved, in the order of their index', () => {
    const begin = [0, 1, 2].map(i => call(i, { id: `call_${i}`, name: `tool${i}`, args: '' }))
    const parts = [2, 0, 1, 1, 2, 0].map((i, n) => call(i, { args: n < 3 ? `{"n":` : `${i}}` }))
    expect(callsIn(...begin, ...parts, CALLS)).toEqual([0, 1, 2].map(n => ({ name: `tool${n}`, input: { n } })))
  })

  it('that close as soon as the next begins, where their input is complete', () => {
    const events = decode(
      chatCodec,
      frames(call(0, { id: 'a', name: 'x', args: '{}' }), call(1, { id: 'b', name: 'y' })),
    )
    expect(events.map(({ type }) => type)).toEqual([
      'start',
      'blockStart',
      'inputDelta',
      'blockStop',
      'blockStart',
      'error',
    ])
  })

  it('with {} for a tool without arguments', () => {
    const written = toMessages(call(0, { id: 'a', name: 'now', args: '' }), CALLS)
    expect(deltasIn(written)).toEqual([{ type: 'input_json_delta', partial_json: '{}' }])
  })

  it('with the text of a custom tool as its one argument, wherever it is cut', () => {
    const text = 'say "hi" 😀\n'
    const parts = [...text.split('')].map(input => chunk({ tool_calls: [{ index: 0, custom: { input } }] }))
    const begin = chunk({ tool_calls: [{ index: 0, id: 'a', type: 'custom', custom: { name: 'write', input: '' } }] })
    expect(callsIn(begin, ...parts, CALLS)).toEqual([{ name: 'write', input: { input: text } }])
  })

  it('and stop says tool_use, whatever the server says', () => {
    const [weather, nothing] = [call(0, { id: 'a', name: 'weather', args: '{}' }), chunk({ content: 'no call' })]
    expect(readMessages(toMessages(weather, STOP)).stop).toBe('tool_use')
    expect(readMessages(toMessages(nothing, CALLS)).stop).toBe('end_turn')
  })
})

/** The calls of a Chat stream as Messages tells them, and as Chat tells them again. */
function callsIn(...chunks: readonly JsonObject[]) {
  const written = toMessages(...chunks)
  expect(checkMessagesStream(written)).toEqual([])
  const again = encode(chatCodec, decode(messagesCodec, framesOf(written)), lenientContext(7))
  expect(checkChatStream(again)).toEqual([])
  expect(readChat(again).calls).toEqual(readMessages(written).calls)
  return readMessages(written).calls
}
