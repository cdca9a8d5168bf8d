import { describe, expect, it } from 'vitest'
import { streamed, whole } from '../../test/translation/cross/answer-path.ts'
import { SIDES, type Side } from '../../test/translation/cross/dialects.ts'
import { frameOf } from '../../test/translation/stream-corpus.ts'

const side = (dialect: string) => SIDES.find(({ codec }) => codec.dialect === dialect) as Side
const [chat, gemini] = [side('openai-chat'), side('gemini')]
const others = SIDES.filter(each => each !== gemini)
const names = others.map(each => [each.codec.dialect, each] as const)

const failed = {
  candidates: [
    { content: {}, finishReason: 'MALFORMED_FUNCTION_CALL', finishMessage: 'Malformed function call: f(', index: 0 },
  ],
  usageMetadata: { promptTokenCount: 5 },
}
const begun = { candidates: [{ content: { role: 'model', parts: [{ text: 'Well' }] }, index: 0 }] }

describe('a model that fails and has said nothing', () => {
  it.each(names)('is an error to a client of %s, whole or in a stream', (_, client) => {
    for (const { status, frames } of [whole(gemini, client, failed), streamed(gemini, client, [frameOf(failed)])]) {
      const said = JSON.stringify(frames.at(-1)?.data)
      expect(said).toContain('MALFORMED_FUNCTION_CALL')
      expect(said).toContain('Malformed function call: f(')
      // The head of a Messages or Chat stream may be out before; then the stream tells.
      expect(status === 500 || /"type":"(error|response.failed)"|"error":\{"message"/.test(said)).toBe(true)
    }
  })

  it.each(names)('but has begun to speak is heard by a client of %s', (_, client) => {
    const { status, frames, diagnostics } = streamed(gemini, client, [frameOf(begun), frameOf(failed)])
    expect(status).toBe(200)
    expect(JSON.stringify(frames)).toContain('Well')
    const told = diagnostics.map(({ path }) => path).includes('choices[0].stop')
    expect(told || JSON.stringify(frames).includes('response.failed')).toBe(true)
  })
})

it.each(
  SIDES.flatMap(provider => SIDES.filter(each => each !== provider).map(client => [provider, client] as const)),
)('a text in the place of an error is an error to clients of other dialects', (provider, client) => {
  const { status, frames } = whole(provider, client, { error: 'the model is overloaded' })
  expect(status).toBe(500)
  expect(JSON.stringify(frames[0]?.data)).toContain('the model is overloaded')
})

it.each(
  names.filter(([, client]) => client !== chat),
)('an answer without a choice is an empty one in %s', (_, client) => {
  const { status, frames } = whole(chat, client, {
    id: 'x',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [],
  })
  expect(status).toBe(200)
  expect(client.read.whole(frames[0]?.data as never)).toMatchObject({ text: '', calls: [], stop: 'stop' })
})

it('an answer of Gemini without a candidate has a choice in Chat', () => {
  const { frames } = whole(gemini, chat, { usageMetadata: { promptTokenCount: 3 } })
  expect(frames[0]?.data).toMatchObject({
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant' } }],
  })
})

it.each(names)('a stream of Gemini that comes as one list is heard by a client of %s', (_, client) => {
  const last = { candidates: [{ content: { role: 'model', parts: [{ text: ' then.' }] }, finishReason: 'STOP' }] }
  const { frames } = whole(gemini, client, [begun, last] as never)
  expect(client.read.whole(frames[0]?.data as never)).toMatchObject({ text: 'Well then.', stop: 'stop' })
})
